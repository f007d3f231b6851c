// Package pipeline is the whole of the order timeout pipeline: which orders were
// created and not paid within T, and which were paid in time.
//
//	read ─ match ─┬─ successes ─ format ─ write
//	              ├─ timeouts ── format ─ write
//	              ├─ reminders, resolved, cancelled, started: the same, where they are wanted
//	              ├─ rejects ─── format ─ write
//	              └─ open ────── format ─ write
//
// Config says what is read, matched and written. Config.Plan makes of it a pipeline whose
// sources and sinks are known, and Build adds that to a graph. What the pipeline means
// exactly stands in SEMANTICS.md beside this file, and what it costs in PERFORMANCE.md.
//
// # Where to look
//
//   - a new input format: order (Decoder), and files/input.go, which chooses one
//   - a new source or sink: connect.go, and one line in connectors.go of this package
//   - the language of patterns: cep/LANGUAGE.md
//   - the rule for late events: cep/step.go, and what follows of it cep/livestep.go
//   - what ordertimeout why says of an event: story/why.go
//   - what happens when a pull fails: pubsub/pull/puller.go
//   - why a timer is set at that time: shard/replica/timer.go
//   - where a defect of Beam is worked around: beamfix
//   - what closes at the end of a run: process/run.go (Close)
//
// # Words
//
// Each has one meaning in all packages:
//
//   - event: something that happened to an order, at its event time
//   - key: what the pattern runs on by itself, such as an order of a user
//   - run: one try of a key to go through the pattern, from the event that opens it to
//     its end (cep.How). A run of the command is a process.Run
//   - rule: a pattern with a name, and what it tells. Without a file of rules there is one,
//     which has no name
//   - lane: one rule in a shard: the states of its keys
//   - branch: one of the ways in which a run has gone on, where the pattern leaves a choice
//   - shard: a group of keys whose state is kept as one. The files of a window are called
//     file shards
//   - batch: the events of a bundle that belong to one shard, encoded
//   - block: events that leave a source as one element
//   - mark: an element in place of an event, which says where time is or ends
//   - promise: the watermark that a source says it will have after a bundle
//   - tick: a time at which shards decide what is due; they are -tick apart
//   - hold: what keeps a watermark back, as a timer does until its tick, and a pulled
//     message until its events are handed out
//   - held: of input that its source has not let go of yet
//   - log: the state of a shard as the runner has it, a snapshot and what came since
//   - replica: the same in memory; it counts while its versions are those of the log
//   - chunk: a part of what comes of a tick, emitted while the next one is worked
//   - Ref: the number of an event whose input a source holds
//   - ledger: the account of who is done with which Ref
//   - session: the reading of a source, between its bundles
//
// # Packages
//
// Each line is a package, what it is for, and what it imports: beam is the SDK, runners are
// its runners. Names are below transforms or transforms/connect where no folder is named.
// The lint fails where a line is not true (.ci/arrows). The module cmd/bench, which measures
// and demonstrates, may import any of them.
//
// The command, and what it needs of runners:
//
//	cmd/ordertimeout: flags, signals, report, exit status -> beam beamfix carry cep cep/syntax cmd/internal/flink compare connect count localfile order pipeline process rules runners screen story transforms
//	cmd/ordertimeout-boot: starts the worker on a cluster without containers -> beam
//	cmd/internal/flink: submits to Beam's job server for Flink -> beam beamfix runners
//	cmd/internal/jobserver: starts one, for tests -> cmd/internal/maven
//	cmd/internal/maven: fetches what Java needs, for tests ->
//
// The graph:
//
//	pipeline: the settings, the plan that they make, the graph -> beam beamfix carry cep cep/syntax compare connect dataflowpubsub demo files localfile order process pubsub rules shard story transforms webhook windowfile
//
// The steps:
//
//	transforms: Match and FindPattern, their stateful step, and the formats -> beam beamfix carry cep cep/syntax count order process screen shard shard/replica
//	story: what became of each event of one order, and why, for people -> cep cep/syntax order screen shard shard/replica
//	compare: which orders two runs tell otherwise of -> order
//	rules: files of rules, read, checked and explained -> cep cep/cond cep/syntax order
//	shard/replica: a shard in memory, beside its log in the runner's state -> cep cep/cond cep/syntax order shard
//	shard: a group of keys: its events, ticks, log and snapshots -> cep
//	shard/shardtest: batches for tests -> cep order shard
//	cep: the engine: what an event does to the runs of a pattern -> cep/cond cep/program cep/syntax ledger
//	cep/program: patterns compiled to states, and ways between them -> cep/cond cep/syntax
//	cep/syntax: patterns as data and as text -> cep/cond
//	cep/cond: conditions of patterns, in the language of expr ->
//	cep/ceptest: the contract a second time, for tests ->
//	cep/ceptest/whole: the contract of the whole pattern language a second time -> cep/ceptest
//
// The connectors:
//
//	files/bookmark: how far files were read, and which are known again ->
//	connect: what a source, a sink and a connector are -> beam cep/syntax order
//	files: source: files and pipes -> beam carry connect count files/bookmark fsys order process sequence
//	demo: source: a simulated shop -> beam connect count demo/shop order process sequence
//	demo/shop: the shop -> order
//	localfile: sink: standard output, and files of this machine -> beam connect count fsys order process
//	windowfile: sink: directories of files by window of event time -> beam connect fsys order process
//	webhook: sink: HTTP -> beam connect count order process
//	pubsub: source and sink: Pub/Sub -> beam connect order process pubsub/client pubsub/publish pubsub/pull pubsub/uri sequence
//	pubsub/pull: subscriptions: how messages are pulled, held and handed out -> beam beamfix carry count ledger livemark order process pubsub/client pubsub/lease pubsub/message pubsub/uri sequence
//	pubsub/publish: topics: how messages are published -> beam count order process pubsub/client pubsub/message pubsub/uri
//	pubsub/lease: which messages are leased, and until when -> ledger
//	pubsub/message: what a message says -> ledger order pubsub/uri
//	pubsub/client: requests, and what goes wrong with them -> process pubsub/uri
//	pubsub/uri: subscriptions and topics as a setting names them ->
//	pubsub/pubsubtest: a fake server for tests -> pubsub/uri
//	dataflowpubsub: source and sink: Pub/Sub by Dataflow itself -> beam connect count order process pubsub pubsub/message pubsub/uri
//	livemark: the watermark of a source that follows the clock ->
//	sequence: a source of one sequence, as Beam wants it -> beam
//	fsys: paths and URIs of files -> beam
//
// What all share:
//
//	process: what a run owns in a process, its stop and its figures -> ledger order
//	carry: the state of a run in a file, and the points at which it is written -> count localfile order process shard
//	ledger: who is done with which event, and what to let go of ->
//	ledger/ledgertest: a ledger for tests of sinks -> ledger process
//	count: the names of all figures -> beam process
//	order: events, outcomes, rejects, and their JSON and CSV ->
//	screen: text from outside, safe on a terminal ->
//	beamfix: defects of Beam, a file each -> beam
package pipeline
