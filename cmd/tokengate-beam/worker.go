package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/apache/beam/sdks/v2/go/container/tools"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
)

var provisionEndpoint = flag.String("provision_endpoint", "", "where a runner tells a worker process what it needs (set by the runner)")

// start turns what a runner starts a worker process with into the flags that Beam's harness reads. In a container the
// boot program of Beam's image does it; with --environment_type=PROCESS there is none, and this program is named itself.
func start() error {
	if *provisionEndpoint == "" {
		return nil
	}
	id := strings.Trim(flag.Lookup("id").Value.String(), "'") // Prism quotes it, though no shell takes the quotes away
	info, err := tools.ProvisionInfo(grpcx.WriteWorkerID(context.Background(), id), *provisionEndpoint)
	if err != nil {
		return fmt.Errorf("ask %s what to do: %w", *provisionEndpoint, err)
	}
	options, err := tools.ProtoToJSON(info.GetPipelineOptions())
	if err != nil {
		return fmt.Errorf("read the pipeline's options: %w", err)
	}
	for name, value := range map[string]string{
		"worker": "true", "id": id, "options": options,
		"control_endpoint": info.GetControlEndpoint().GetUrl(),
		"logging_endpoint": info.GetLoggingEndpoint().GetUrl(),
	} {
		if value == "" {
			return fmt.Errorf("%s names no %s", *provisionEndpoint, strings.ReplaceAll(name, "_", " "))
		}
		if err := flag.Set(name, value); err != nil {
			return err
		}
	}
	return os.Setenv("RUNNER_CAPABILITIES", strings.Join(info.GetRunnerCapabilities(), " "))
}
