package flink

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/apache/beam/sdks/v2/go/container/tools"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/util/hooks"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	"google.golang.org/protobuf/types/known/structpb"

	"ordertimeout/transforms/beamfix"
)

// OptionsError is a fault of the settings that only the job server can tell.
type OptionsError struct{ error }

// encode returns the options for the job server, which knows the types of them. The
// error names the flag.
func (c Config) encode(known map[string]jobpb.PipelineOptionType_Enum) (*structpb.Struct, error) {
	if err := beamfix.ForFlink(); err != nil {
		return nil, fmt.Errorf("flink: %w", err)
	}
	hooks.SerializeHooksToOptions()
	beam.PipelineOptions.LoadOptionsFromFlags(nil)
	raw, err := json.Marshal(runtime.RawOptionsWrapper{
		Options:     beam.PipelineOptions.Export(),
		AppName:     c.JobName,
		Experiments: append(slices.Clone(c.Experiments), "beam_fn_api"),
		Parallelism: c.parallelism(),
	})
	if err != nil {
		return nil, err
	}
	all, err := tools.JSONToProto(string(raw))
	if err != nil {
		return nil, err
	}
	options := c.options()
	for _, name := range slices.Sorted(maps.Keys(options)) {
		value, err := encodeOption(known, name, options[name])
		if err != nil {
			return nil, fmt.Errorf("-flink-options %s=%s: %w", name, options[name], err)
		}
		all.Fields["beam:option:"+name+":v1"] = value
	}
	// Without it Flink shows another name, made of the app's, the user's and the time.
	all.Fields["beam:option:job_name:v1"] = structpb.NewStringValue(c.JobName)
	return all, nil
}

// encodeOption encodes one option as the type that it has.
func encodeOption(known map[string]jobpb.PipelineOptionType_Enum, name, value string) (*structpb.Value, error) {
	kind, ok := known[name]
	if !ok {
		return nil, errors.New("the job server knows no such option")
	}
	switch kind {
	case jobpb.PipelineOptionType_BOOLEAN:
		b, err := strconv.ParseBool(value)
		if err != nil {
			return nil, errors.New("want true or false")
		}
		return structpb.NewBoolValue(b), nil
	case jobpb.PipelineOptionType_INTEGER:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return nil, errors.New("want a whole number")
		}
		return structpb.NewNumberValue(float64(n)), nil
	case jobpb.PipelineOptionType_NUMBER:
		x, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return nil, errors.New("want a number")
		}
		return structpb.NewNumberValue(x), nil
	}
	return structpb.NewStringValue(value), nil
}

// parallelism returns the parallelism as an option.
func (c Config) parallelism() int {
	if c.Parallelism <= 0 {
		return -1 // what the cluster is configured to
	}
	return c.Parallelism
}
