import Foundation
import GenkiConsole
import GenkiDemo

exit(ProgramRunner.run(DemoCommand.self))
