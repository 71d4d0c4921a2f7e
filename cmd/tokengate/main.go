// Command tokengate holds a change against its LLM token budget.
package main

import (
	"os"

	"github.com/tokengate/tokengate/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], cli.System())) }
