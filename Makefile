# Two words are enough: `make run` and `make test`. The scripts in bin/ do the work and can be called by themselves.
.DEFAULT_GOAL := help
.PHONY: help run test

help: ## say what there is
	@sed -n 's/^\([a-z]*\): ## /make \1\t/p' Makefile

run: ## install what is missing, build, and start on a database of its own; prints the address and the set-up token
	@bin/setup --no-tests
	@exec bin/run

test: ## install what is missing, then every check of bin/ci
	@bin/setup
	@exec bin/ci
