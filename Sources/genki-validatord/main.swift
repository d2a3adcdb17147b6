import GenkiValidator

ValidatorCommand.main()
