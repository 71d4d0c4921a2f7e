package config

import (
	"fmt"
	"strings"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

// Loader says which tool loads the project's memory files, rules, subagents and skills; see prompt.Loader.
type Loader struct {
	Tool          source.At[string]      `yaml:"tool" jsonschema_description:"The tool whose loading is simulated: claude-code (default), codex, gemini-cli, cursor, copilot, windsurf or cline."`
	Version       source.At[string]      `yaml:"version" jsonschema_description:"Version of Claude Code that sessions run, such as 2.1.287, or a day such as 2026-05-25. Default: the newest known."`
	ImportDepth   source.At[money.Count] `yaml:"import_depth" jsonschema_description:"Hops of @imports that are followed. Default: what the version does, 4 since 2026-05-26 and 5 before."`
	AgentsMD      source.At[bool]        `yaml:"agents_md" jsonschema_description:"Claude Code loads the AGENTS.md of a folder without a CLAUDE.md. Default false."`
	ContextWindow source.At[money.Count] `yaml:"context_window" jsonschema_description:"Context window in tokens; the listing of skills has 1 % of it. Default 200k."`
	ListingChars  source.At[money.Count] `yaml:"listing_chars" jsonschema_description:"Characters of the listing of skills, where the tool is configured to another number."`
	Cwd           source.At[string]      `yaml:"cwd" jsonschema_description:"Folder that sessions start in, relative to this file. Memory files up to the root are loaded at launch, those below later. Default: the root."`
	Excludes      []source.At[string]    `yaml:"excludes" jsonschema_description:"Globs of memory files and rules that the tool is told to leave out (claudeMdExcludes)."`
}

// Loading is the loader that is configured, or the default one.
func (c *Config) Loading() prompt.Loader {
	l := c.Loader
	out := prompt.Loader{
		Tool: l.Tool.Value, Version: l.Version.Value, ImportDepth: whole(l.ImportDepth), AgentsMD: l.AgentsMD.Value,
		ContextWindow: int64(l.ContextWindow.Value), ListingChars: whole(l.ListingChars), Cwd: l.Cwd.Value,
	}
	for _, e := range l.Excludes {
		out.Excludes = append(out.Excludes, e.Value)
	}
	return out
}

// whole takes a count as an int; one that is none is refused by the loader as too large.
func whole(at source.At[money.Count]) int { return int(min(at.Value, 1<<30)) }

// Loads reports whether a loader is configured.
func (c *Config) Loads() bool { return len(c.loaderSettings()) > 0 }

type loaderSetting struct {
	name, value string
	span        source.Span
}

func (c *Config) loaderSettings() (out []loaderSetting) {
	l := c.Loader
	add := func(set bool, name, value string, at source.Span) {
		if set {
			out = append(out, loaderSetting{name, value, at})
		}
	}
	add(l.Tool.Set, "tool", l.Tool.Value, l.Tool.Span)
	add(l.Version.Set, "version", l.Version.Value, l.Version.Span)
	add(l.ImportDepth.Set, "import_depth", l.ImportDepth.Value.Exact(), l.ImportDepth.Span)
	add(l.AgentsMD.Set, "agents_md", fmt.Sprint(l.AgentsMD.Value), l.AgentsMD.Span)
	add(l.ContextWindow.Set, "context_window", l.ContextWindow.Value.Exact(), l.ContextWindow.Span)
	add(l.ListingChars.Set, "listing_chars", l.ListingChars.Value.Exact(), l.ListingChars.Span)
	add(l.Cwd.Set, "cwd", l.Cwd.Value, l.Cwd.Span)
	if len(l.Excludes) > 0 {
		add(true, "excludes", strings.Join(c.Loading().Excludes, ", "), l.Excludes[0].Span)
	}
	return out
}

// validateLoader finds values that cannot be followed, each at its place. A zero that is written is not the default.
func (c *Config) validateLoader(diags *source.Diagnostics) {
	at := map[string]source.Span{}
	for _, s := range c.loaderSettings() {
		at[s.name] = s.span
		if s.value == "" || s.value == "0" {
			diags.Add("config-value", s.span, "write a value, or remove the line", "loader.%s is %s", s.name, map[bool]string{true: "empty", false: "0"}[s.value == ""])
		}
	}
	for _, p := range c.Loading().Check() {
		diags.Add("config-value", at[p.Key], p.Hint, "loader.%s: %s", p.Key, p.Summary)
	}
}
