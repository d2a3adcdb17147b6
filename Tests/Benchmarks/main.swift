import Foundation
import GenkiConsole

exit(ProgramRunner.run(BenchCommand.self))
