saves-record: ## record how real programs save (tests/saves): as root, makes a Debian image; NAME=PATTERN for some
	@tests/saves/record $(NAME)
.PHONY: saves-record
