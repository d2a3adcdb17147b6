import Foundation
import GenkiMiner
import GenkiService

exit(ProgramRunner.run(MinerCommand.self))
