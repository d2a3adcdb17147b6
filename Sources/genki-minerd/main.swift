import Foundation
import GenkiMiner
import GenkiConsole

exit(ProgramRunner.run(MinerCommand.self))
