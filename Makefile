# Bare make prints this list.
.PHONY: help run demo build test race lint fuzz bench
.DEFAULT_GOAL := help

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

run: ## which orders of testdata/orders.jsonl were paid in time, and which were not
	go run ./cmd/ordertimeout -input testdata/orders.jsonl

demo: ## the same for a simulated shop, at 60 times its speed; stop it with ctrl-c
	go run ./cmd/ordertimeout -input 'demo:?rate=2' -success none

build: ## bin/ordertimeout and bin/orderlog
	go build -o bin/ ./cmd/...

test: ## all tests
	go test ./...

race: ## all tests, with the race detector
	go test -race -short ./...

lint: ## formatting, vet, staticcheck, tidiness, and what may import what
	./.ci/lint

FUZZTIME ?= 20s
fuzz: ## each fuzz test for FUZZTIME (20s)
	@for package in $$(go list ./...); do \
		for test in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$test"; \
			go test -run '^$$' -fuzz "^$$test$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done

bench: ## events/s, CPU, memory and state calls of whole runs, some ten minutes
	go run ./cmd/bench
