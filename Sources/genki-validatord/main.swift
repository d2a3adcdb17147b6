import Foundation
import GenkiConsole
import GenkiValidator

exit(ProgramRunner.run(ValidatorCommand.self))
