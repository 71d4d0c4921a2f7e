package bpe

import "unicode/utf8"

// scanCL100k follows the pattern of cl100k_base (openai/tiktoken, tiktoken_ext/openai_public.py), whose alternatives are,
// in order:
//
//	'(?i:[sdmt]|ll|ve|re)
//	[^\r\n\p{L}\p{N}]?+\p{L}++
//	\p{N}{1,3}+
//	 ?[^\s\p{L}\p{N}]++[\r\n]*+
//	\s++$
//	\s*[\r\n]
//	\s+(?!\S)
//	\s
func scanCL100k(text []byte, i int) int {
	k, w := class(text, i)
	switch {
	case k&(upper|lower|letter) != 0:
		return letters(text, i)
	case k == number:
		return digits(text, i)
	case k == newline:
		return blanksToEnd(text, i)
	}
	if n := contraction(text, i, true); n > 0 {
		return i + n
	}
	next, _ := class(text, i+w)
	switch {
	case next&(upper|lower|letter) != 0:
		return letters(text, i+w)
	case k == space && (text[i] != ' ' || next&(symbol|mark) == 0):
		return blanksToEnd(text, i)
	}
	i = run(text, i+w, symbol|mark)
	for i < len(text) && (text[i] == '\r' || text[i] == '\n') {
		i++
	}
	return i
}

// letters ends a run of letters.
func letters(text []byte, i int) int {
	for {
		i = lowerRun(text, i)
		for i < len(text) && text[i]-'A' < 26 {
			i++
		}
		if i < len(text) && text[i]-'a' < 26 {
			continue
		}
		if i == len(text) || text[i] < utf8.RuneSelf {
			return i
		}
		return run(text, i, upper|lower|letter)
	}
}

// blanksToEnd is blanks, but that a run which ends the text is one piece, line breaks or not.
func blanksToEnd(text []byte, i int) int {
	if end := run(text, i, space|newline); end == len(text) {
		return end
	}
	return blanks(text, i)
}
