import Foundation
import GenkiDemo
import GenkiService

exit(ProgramRunner.run(DemoCommand.self))
