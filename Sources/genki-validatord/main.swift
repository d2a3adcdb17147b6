import Foundation
import GenkiService
import GenkiValidator

exit(ProgramRunner.run(ValidatorCommand.self))
