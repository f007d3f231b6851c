// Package carry keeps the whole state of a run in a file, so that the next run of the same
// command goes on exactly where this one was: at the end, at a stop, and every few seconds.
//
// # A carry point
//
// A point is a moment in the input, between two events. The source stops reading there,
// calls [Keeper.Begin] with its position, and sends a mark to every shard
// (order.MarkPoint). A shard that has worked all that came before the mark, and whose
// outcomes are written, hands over its state by [Keeper.Report]. With the last of them the
// lengths of the outputs are noted, the point is settled, and the source reads on
// ([Keeper.Settled]).
//
// Beside the reading the outputs are synced and the file is written, synced and renamed,
// so that a crash leaves the whole of the former file or of the new one. Only then the
// source lets go of its input ([Point.Written]).
//
// The last point is the end of the input: the source sends order.MarkCut with the number
// of the point, and the command writes the file once the pipeline has ended
// ([Keeper.Finish]).
//
// # Going on
//
// The command opens the file before all else ([Open]). The source goes on at
// File.Position and begins with order.MarkGoOn, upon which each shard takes up its state.
//
// All this is of one process: on a cluster the runner has checkpoints of its own.
package carry
