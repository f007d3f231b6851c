# Bare make prints this list. What measures and shows the product is the module cmd/bench.
.PHONY: help run demo pubsub-demo build worker test race test-ends test-emulator test-flink flink-demo lint fuzz bench bench-rules bench-year bench-pubsub bench-peers bench-flink bench-growth
.DEFAULT_GOAL := help

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 15

run: ## which orders of testdata/orders.jsonl were paid in time, and which were not
	go run ./cmd/ordertimeout -input testdata/orders.jsonl

demo: ## the same for a simulated shop, at 60 times its speed; stop it with ctrl-c
	go run ./cmd/ordertimeout -input 'demo:?rate=2' -success none

pubsub-demo: ## the shop over Pub/Sub: a fake server, the pipeline, and the alerts as they come
	go run -C cmd/bench ./pubsubdemo

flink-demo: ## the test log on a real Flink, with the embedded runner's outcomes (wants Java 17 and Maven)
	go run -C cmd/bench ./flinkdemo

build: ## bin/ordertimeout, bin/ordertimeout-boot (for Flink) and bin/orderlog
	go build -o bin/ ./cmd/...
	go build -C cmd/bench -o ../../bin/ ./orderlog

worker: ## bin/ordertimeout-worker, what the workers of a cluster run: linux/amd64, static
	CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -ldflags '-s -w' -o bin/ordertimeout-worker ./cmd/ordertimeout

test: ## all tests
	@echo "about five minutes on two cores; a new machine builds the Beam SDK first, in five more"
	go test -timeout 20m ./...
	go test -C cmd/bench -timeout 20m ./...
	go test -C testdata/deploy -timeout 20m ./...

race: ## all tests, with the race detector
	go test -race -short -timeout 20m ./...
	go test -C cmd/bench -race -short -timeout 20m ./...

test-ends: ## 20 runs of each input, stopped, killed and failing in each way at random moments
	go test ./cmd/ordertimeout -run TestEnds -rounds 20 -timeout 90m

test-emulator: ## the tests with Google's Pub/Sub emulator, where it is installed
	TEST_EMULATOR=1 go test -count=1 -v -timeout 20m -run Emulator ./cmd/ordertimeout

test-flink: ## the tests with a real Flink, where Maven can fetch it (wants Java 17)
	TEST_FLINK=1 go test -count=1 -v -timeout 15m -run Flink ./cmd/ordertimeout

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

bench: bench-pubsub bench-rules ## ns per event of each layer; events/s, CPU, memory and state calls of whole runs; what patterns cost
	go run -C cmd/bench ./layers

bench-rules: ## CPU of ten rules over one stream, beside that of one
	go run -C cmd/bench ./rules

bench-year: ## a year of 100 M events in a quarter of an hour, with a carry file and 50 restarts
	go run -C cmd/bench ./year

bench-pubsub: ## events/s, latency and memory with Pub/Sub
	go run -C cmd/bench ./pubsub

bench-peers: ## the same logs and patterns in ordertimeout and in Flink jobs (wants Java 17 and Maven)
	go run -C cmd/bench ./peers

bench-flink: ## the same log on Beam's Flink and in Flink's CEP library, and how late alerts are (the same)
	go run -C cmd/bench ./flink
	go run -C cmd/bench ./pubsub -only e

bench-growth: ## pipeline/growth-*.svg: CPU and memory by open orders, length of the log, and users
	go run -C cmd/bench ./growth
