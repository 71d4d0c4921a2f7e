package bpe

import "unicode/utf8"

// scanO200k follows the pattern of o200k_base and o200k_harmony (openai/tiktoken, tiktoken_ext/openai_public.py), whose
// alternatives are, in order:
//
//	[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//	[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//	\p{N}{1,3}
//	 ?[^\s\p{L}\p{N}]+[\r\n/]*
//	\s*[\r\n]+
//	\s+(?!\S)
//	\s+
func scanO200k(text []byte, i int) int {
	k, w := class(text, i)
	switch {
	case k&(upper|lower|letter) != 0:
		return word200(text, i)
	case k == number:
		return digits(text, i)
	case k == newline:
		return blanks(text, i)
	case k == mark:
		return mark200(text, i, i+w)
	}
	next, _ := class(text, i+w)
	switch {
	case next&(upper|lower|letter|mark) != 0:
		return word200(text, i+w)
	case k == space && (text[i] != ' ' || next != symbol):
		return blanks(text, i)
	}
	i = run(text, i+w, symbol|mark)
	for i < len(text) && (text[i] == '\r' || text[i] == '\n' || text[i] == '/') {
		i++
	}
	return i
}

// word200 ends a word whose letters, or marks, start at i, with the contraction behind it.
func word200(text []byte, i int) int {
	end := i
	for end < len(text) && text[end]-'A' < 26 {
		end++
	}
	end = lowerRun(text, end)
	if end < len(text) && text[end] >= utf8.RuneSelf {
		end, _ = body200(text, i)
	}
	if end < len(text) && text[end] == '\'' {
		end += contraction(text, end, true)
	}
	return end
}

// mark200 ends a piece that starts with a mark. The mark may be what stands before a word, but only of the first
// alternative; else it belongs to the word, which then is of the first alternative by the mark alone.
func mark200(text []byte, i, behind int) int {
	end, small := body200(text, behind)
	if !small {
		end, _ = body200(text, i)
	}
	return end + contraction(text, end, true)
}

// body200 ends the letters and marks of a word. small says that the first alternative matched, which asks for one that
// is no capital: letters without case and marks count as capital or small as it suits, so where no small letter follows
// the capitals, the word goes back to the last such one among them. Else the second alternative takes the capitals.
func body200(text []byte, i int) (end int, small bool) {
	caseless := 0
	for {
		k, w := class(text, i)
		switch {
		case k == lower:
			return run(text, i+w, lower|letter|mark), true
		case k&(upper|letter|mark) == 0 && caseless > 0:
			return caseless, true
		case k&(upper|letter|mark) == 0:
			return i, false
		}
		i += w
		if k != upper {
			caseless = i
		}
	}
}
