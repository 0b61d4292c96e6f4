using System.Text;

namespace AdmissionWebhook.Policy.Manifests;

/// <summary>
/// Moves to the right what our parser wants there and kubectl's does not: lines that continue a quoted string or a collection in brackets. Spaces at
/// their beginning have no meaning, so the contents and the lines stay the same. It reads the text once, and only knows where strings and
/// collections begin and end.
/// </summary>
internal sealed class LenientYaml
{
    private readonly string _text;
    private readonly StringBuilder _result;
    private int _at;
    private int _lineStart;

    /// <summary>The column of the innermost block collection around the current value; negative for the document.</summary>
    private int _indent = -1;

    private LenientYaml(string text) => (_text, _result) = (text, new(text.Length + 64));

    /// <summary>The same text for our parser.</summary>
    public static string Indent(string text)
    {
        var lenient = new LenientYaml(text);
        while (!lenient.IsAtEnd)
            lenient.ReadLine();
        return lenient._result.ToString();
    }

    private bool IsAtEnd => _at >= _text.Length;

    private char Current => IsAtEnd ? '\0' : _text[_at];

    private char Next => _at + 1 < _text.Length ? _text[_at + 1] : '\0';

    private bool EndsToken => Current is '\0' or ' ' or '\t' or '\r' or '\n';

    private int Column => _at - _lineStart;

    /// <summary>One line in block style, with the strings and collections that begin in it.</summary>
    private void ReadLine()
    {
        _indent = -1;
        var isAtValue = true;
        if (IsMark("---", _at) || IsMark("...", _at))
            Take(3);

        while (!IsAtEnd && Current != '\n')
        {
            if (Current is ' ' or '\t' or '\r')
                Take();
            else if (Current == '#' && (_at == 0 || char.IsWhiteSpace(_text[_at - 1])))
                TakeLine();
            else if (!isAtValue)
                isAtValue = TakePlain(isInBrackets: false);
            else if (Current is '-' or '?' or ':' && (_at + 1 >= _text.Length || char.IsWhiteSpace(Next)))
                (_indent, _) = (Column, Take());
            else if (Current is '&' or '!' or '*')
                isAtValue = TakeWord();
            else if (Current is '|' or '>')
                isAtValue = TakeBlock();
            else
                isAtValue = TakeValue();
        }

        TakeBreak();
    }

    /// <summary>A string, a collection in brackets, or a key.</summary>
    /// <returns>Whether it was a key, so that a value follows.</returns>
    private bool TakeValue()
    {
        var column = Column;
        if (Current is '"' or '\'')
            TakeQuoted();
        else if (Current is '[' or '{')
            TakeBrackets();
        else if (!TakePlain(isInBrackets: false))
            return TakeContinuation(_indent >= 0 ? _indent + 1 : column);

        var spaces = _at;
        while (spaces < _text.Length && _text[spaces] is ' ' or '\t')
            spaces++;
        if (spaces >= _text.Length || _text[spaces] != ':' || (spaces + 1 < _text.Length && !char.IsWhiteSpace(_text[spaces + 1])))
            return false;

        Take(spaces + 1 - _at);
        _indent = column;
        return true;
    }

    /// <summary>A string without quotes.</summary>
    /// <returns>Whether a colon that makes it a key follows.</returns>
    private bool TakePlain(bool isInBrackets)
    {
        for (; !IsAtEnd && Current is not ('\n' or '\r'); Take())
        {
            if (Current == ':' && (_at + 1 >= _text.Length || char.IsWhiteSpace(Next) || (isInBrackets && Next is ',' or '[' or ']' or '{' or '}')))
                return true;
            if ((Current == '#' && _at > 0 && _text[_at - 1] is ' ' or '\t') || (isInBrackets && Current is ',' or '[' or ']' or '{' or '}'))
                return false;
        }

        return false;
    }

    /// <summary>Further lines of a string without quotes: they may begin with what begins a value elsewhere.</summary>
    private bool TakeContinuation(int column)
    {
        while (!IsAtEnd)
        {
            var text = _at + 1;
            while (text < _text.Length && _text[text] is ' ' or '\t' or '\r' or '\n')
                text++;
            var start = _text.LastIndexOf('\n', Math.Min(text, _text.Length - 1)) + 1;
            if (text >= _text.Length || text - start < column || _text[text] == '#' || IsMark("---", text) || IsMark("...", text))
                break;

            Take(start - _at);
            _lineStart = start;
            TakeLine();
        }

        return false;
    }

    private void TakeQuoted()
    {
        var quote = Current;
        Take();
        while (!IsAtEnd)
        {
            if (Current == '\n')
            {
                TakeBreak();
                if (!IsAtEnd)
                    TakeIndent();
                continue;
            }

            if (quote == '"' && Current == '\\' && Next is not ('\r' or '\n'))
                Take();
            else if (Current == quote && !(quote == '\'' && Next == quote))
                break;
            else if (Current == quote)
                Take();
            Take();
        }

        Take();
    }

    private void TakeBrackets()
    {
        var depth = 0;
        var isAtValue = true;
        while (!IsAtEnd)
        {
            switch (Current)
            {
                case '\n':
                    TakeBreak();
                    if (!IsAtEnd && Current != '#')
                        TakeIndent();
                    continue;
                case ' ' or '\t' or '\r':
                    Take();
                    continue;
                case '#' when char.IsWhiteSpace(_text[_at - 1]):
                    TakeLine();
                    continue;
                case '[' or '{':
                    (depth, isAtValue) = (depth + 1, true);
                    break;
                case ']' or '}':
                    (depth, isAtValue) = (depth - 1, false);
                    break;
                case ',' or ':':
                    isAtValue = true;
                    break;
                case '"' or '\'' when isAtValue:
                    isAtValue = false;
                    TakeQuoted();
                    continue;
                case '*' or '&' or '!' when isAtValue:
                    isAtValue = TakeWord();
                    continue;
                default:
                    isAtValue = false;
                    TakePlain(isInBrackets: true);
                    continue;
            }

            Take();
            if (depth == 0)
                return;
        }
    }

    /// <summary>An alias, an anchor or a tag. Our parser takes a bracket or a comma after it for a part of it.</summary>
    /// <returns>Whether its value follows.</returns>
    private bool TakeWord()
    {
        var isAlias = Current == '*';
        while (!EndsToken && Current is not (',' or ']' or '}'))
            Take();
        if (!EndsToken)
            _result.Append(' ');
        return !isAlias;
    }

    /// <summary>A block string: its first line and all further lines to the right of what is around it.</summary>
    private bool TakeBlock()
    {
        TakeLine();
        while (!IsAtEnd)
        {
            var start = _at + 1;
            if (IsMark("---", start) || IsMark("...", start))
                break;

            var text = start;
            while (text < _text.Length && _text[text] == ' ')
                text++;
            if (text < _text.Length && _text[text] is not ('\r' or '\n') && text - start <= _indent)
                break;

            TakeBreak();
            TakeLine();
        }

        return false;
    }

    private bool IsMark(string mark, int at) =>
        string.CompareOrdinal(_text, at, mark, 0, mark.Length) == 0 && (at + mark.Length >= _text.Length || char.IsWhiteSpace(_text[at + mark.Length]));

    /// <summary>The spaces at the beginning of a line that continues a value, and as many more as our parser wants.</summary>
    private void TakeIndent()
    {
        var start = _at;
        while (!IsAtEnd && Current is ' ' or '\t')
            _at++;
        if (!IsAtEnd && Current is not ('\r' or '\n'))
            _result.Append(' ', Math.Max(_at - start, _indent + 1));
    }

    private void TakeLine()
    {
        while (!IsAtEnd && Current != '\n')
            Take();
    }

    private void TakeBreak()
    {
        Take();
        _lineStart = _at;
    }

    private bool Take()
    {
        if (!IsAtEnd)
            _result.Append(_text[_at++]);
        return true;
    }

    private void Take(int count)
    {
        _result.Append(_text, _at, count);
        _at += count;
    }
}
