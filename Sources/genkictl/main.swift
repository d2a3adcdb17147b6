import Foundation
import GenkiConsole
import GenkiControl

let arguments = ControlArguments.arranged(Array(CommandLine.arguments.dropFirst()))
exit(ProgramRunner.run(ControlCommand.self, arguments))
