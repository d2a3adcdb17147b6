import Foundation
import GenkiControl
import GenkiConsole

exit(ProgramRunner.run(ControlCommand.self))
