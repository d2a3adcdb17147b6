import Foundation
import GenkiConsole
import GenkiMiner

exit(ProgramRunner.run(MinerCommand.self))
