package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/tokengate/tokengate/internal/source"
)

// writeJSON writes a document as every command does: indented, and with no character escaped for HTML.
func writeJSON(w io.Writer, document any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(document)
}

// plainTable draws a table without borders.
func plainTable(env *Env, header []string, align []tw.Align, rows [][]string) error {
	table := tablewriter.NewTable(env.Out, tablewriter.WithHeaderAutoFormat(tw.Off), tablewriter.WithTrimSpace(tw.On),
		tablewriter.WithHeaderAlignment(tw.AlignLeft), tablewriter.WithRowAlignmentConfig(tw.CellAlignment{PerColumn: align}),
		tablewriter.WithRendition(tw.Rendition{Borders: tw.BorderNone, Symbols: tw.NewSymbols(tw.StyleLight)}))
	table.Header(header)
	for _, r := range rows {
		if err := table.Append(r); err != nil {
			return err
		}
	}
	return table.Render()
}

// warn shows what is wrong with recordings, without the lines themselves: they hold prompts.
func (e *Env) warn(diags source.Diagnostics) error {
	printer := source.Printer{Paint: e.paint()}
	return printer.Print(e.Err, diags)
}

// warnOrEnd shows warnings about recordings; errors among them end the command.
func (e *Env) warnOrEnd(diags source.Diagnostics) error {
	if diags.HasErrors() {
		return diagnosticsError{diags, nil}
	}
	return e.warn(diags)
}

// print writes text for people, without the spaces that tables leave at the ends of lines.
func (e *Env) print(text string) error {
	for line := range strings.Lines(text) {
		if _, err := fmt.Fprintln(e.Out, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}
