import Foundation
import GenkiDemo
import GenkiConsole

exit(ProgramRunner.run(DemoCommand.self))
