package main

import (
	"math"
	"time"

	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// rewrite is the prompting track: a small model turns the question into a query.
func (s *simulation) rewrite(c traffic.Call, at time.Time, input int64) time.Time {
	c.Track, c.Model, c.Sources = "prompting", "claude-haiku-5-5", nil
	c.Template, c.TemplateVersion = s.prompts.Rewrite.Path, s.prompts.Rewrite.Version
	c.Usage = token.Usage{Input: input + tokens(s.prompts.Rewrite.Whole, claudeTokensPerByte), Output: s.quantile(shortTokens)}
	return s.record(c, "rewrite", at, haikuLatency)
}

// embed is the retrieval track: it has no template, and an embedding has no output.
func (s *simulation) embed(c traffic.Call, at time.Time, question int64) time.Time {
	c.Track, c.Model = "retrieval", "text-embedding-3-small"
	c.Usage = token.Usage{Input: max(question, 3)}
	return s.record(c, "embed", at, embedLatency)
}

// generate is the generation track. The template's stable part is recorded as read from the cache; prompt is everything
// after it. A refused call used nothing and is repeated once.
func (s *simulation) generate(c traffic.Call, at time.Time, prompt int64, last bool) (end time.Time, answer int64) {
	file := s.prompts.Answer
	switch {
	case c.Feature == "summarise":
		file = s.prompts.Summarise
	case at.Before(firstDay.AddDate(0, 0, 1)):
		file = s.prompts.PreviousAnswer
	}
	c.Track, c.Model = "generation", "claude-sonnet-5-5"
	c.Template, c.TemplateVersion = file.Path, file.Version
	if s.Float64() < errorShare {
		refused := c
		refused.Status = "error"
		at = s.record(refused, "generate-refused", at, sonnetLatency).Add(2 * time.Second)
	}
	answer = s.quantile(answerTokens)
	c.Usage = token.Usage{
		Input:     prompt + tokens(file.Whole-file.Stable, claudeTokensPerByte),
		CacheRead: tokens(file.Stable, claudeTokensPerByte),
		Output:    answer,
	}
	if last {
		c.Outcome = map[string]float64{"resolved": 0}
		if s.Float64() < resolvedShare {
			c.Outcome["resolved"] = 1
		}
	}
	return s.record(c, "generate", at, sonnetLatency), answer
}

// grade is the post-processing track: another vendor's model checks the answer against the passages. Its tokenizer needs
// about 1.7 times fewer tokens for the same passages.
func (s *simulation) grade(c traffic.Call, at time.Time, material int64) time.Time {
	c.Track, c.Model = "post-processing", "gpt-6-luna"
	c.Template, c.TemplateVersion = s.prompts.Grade.Path, s.prompts.Grade.Version
	input := tokens(s.prompts.Grade.Whole, openaiTokensPerByte) + int64(float64(material)*openaiTokensPerByte/claudeTokensPerByte)
	c.Usage = token.Usage{Input: input, Output: s.quantile(shortTokens)}
	return s.record(c, "grade", at, lunaLatency)
}

func tokens(size int, perByte float64) int64 { return int64(math.Round(float64(size) * perByte)) }
