namespace AdmissionWebhook.Policy.Values;

/// <content>Escapes and classes.</content>
internal sealed partial class PcrePattern
{
    private static readonly HashSet<string> ClassNames =
        ["alpha", "lower", "upper", "alnum", "ascii", "blank", "cntrl", "digit", "graph", "print", "punct", "space", "word", "xdigit"];

    private PcreFault? ReadEscape()
    {
        var begin = _at++;
        if (IsAtEnd)
            return new(@"\ at the end escapes nothing", @"Remove it, or write \\ for the character");

        var escaped = Next;
        switch (escaped)
        {
            case 'Q':
                _at++;
                return ReadQuoted();
            case 'E':
                _at++;
                _isRepeatable = true;
                return null;
            case 'g' or 'k':
                return ReadReference(begin);
            case >= '1' and <= '7' when ReadBackReference(begin):
                return Take(false);
            case 'N' when At(_at + 1) == '{':
                _at++;
                return Repetition() is null ? Unsupported(begin) : Take();
            case 'b' or 'B' or 'A' or 'Z' or 'z' or 'G':
                _at++;
                _isRepeatable = false;
                return null;
            case 'K':
                _at++;
                return Take(false);
            default:
                var fault = ReadCharacter(begin, out var _);
                return fault ?? Take();
        }
    }

    private PcreFault? ReadQuoted()
    {
        var end = _text.AsSpan(_at).IndexOf("\\E"u8);
        var length = end < 0 ? _text.Length - _at : end;
        _at += end < 0 ? length : length + 2;
        return length > 0 ? Take() : null;
    }

    /// <summary>Reads <c>\g</c> or <c>\k</c> with a number or name in brackets of any sort, or a bare number after <c>\g</c>.</summary>
    private PcreFault? ReadReference(int begin)
    {
        var isNumeric = Next == 'g';
        _at++;
        var ending = Next switch { '{' => '}', '<' => '>', '\'' => '\'', _ => '\0' };
        if (ending != '\0')
            _at++;

        var sign = isNumeric && Next is '+' or '-' ? Next : '\0';
        if (sign != '\0')
            _at++;
        var number = isNumeric ? Number(ref _at) : null;
        var name = number is null && sign == '\0' && ending != '\0' ? Name(ref _at) : "";
        if ((number is null && name.Length == 0) || (ending != '\0' && Next != ending))
            return new($"{Text(begin, _at + 1)} refers to no group", @"Write \1 for the first group");

        if (ending != '\0')
            _at++;
        var isRecursion = ending is '>' or '\'' && number == 0;
        if (!isRecursion)
            _references.Add((sign switch { '+' => Groups + number!.Value, '-' => Groups + 1 - number!.Value, _ => number ?? 0 }, name, Text(begin, _at)));
        return Take(false);
    }

    /// <summary>Whether digits refer to a group. From 10 on they may also be an octal character.</summary>
    private bool ReadBackReference(int begin)
    {
        var at = _at;
        var number = Number(ref at)!.Value;
        if (number >= 10 && At(_at + 1) is >= '0' and <= '7')
            return false;
        _at = number >= 10 ? _at + 1 : at;
        if (number < 10)
            _references.Add((number, "", Text(begin, _at)));
        return true;
    }

    /// <summary>Reads what stands after a backslash.</summary>
    /// <param name="begin">Where the backslash is.</param>
    /// <param name="value">The byte that it means; null if it means a set, or that depends on the version.</param>
    private PcreFault? ReadCharacter(int begin, out int? value)
    {
        value = null;
        var escaped = (char)_text[_at++];
        switch (escaped)
        {
            case 'L' or 'l' or 'U' or 'u':
                return Unsupported(begin);
            case 'c':
                var control = Next;
                _at++;
                value = null;
                return control is '\0' or > '\u007f' ? new(@"\c needs an ASCII character", @"Write \\c for a backslash and c") : null;
            case 'p' or 'P':
                return ReadProperty(begin);
            case 'x' or 'o' when Next == '{':
                return ReadCode(begin, escaped == 'x', out value);
            case 'o':
                return new(@"\o needs braces", @"Write \o{…} with octal digits");
            case 'x':
                value = Digits(16, 2);
                return null;
            case >= '0' and <= '7':
                _at--;
                value = Digits(8, 3);
                return value <= 255 ? null : new($"{Text(begin, _at)} is no byte", @"Write \377 or less");
            case 'n' or 'r' or 't' or 'f' or 'a' or 'e':
                value = escaped switch { 'n' => 10, 'r' => 13, 't' => 9, 'f' => 12, 'a' => 7, _ => 27 };
                return null;
            default:
                value = char.IsAsciiLetterOrDigit(escaped) ? null : escaped;
                return null;
        }
    }

    private int Digits(int radix, int most)
    {
        var value = 0;
        for (; most > 0 && char.IsAsciiHexDigit(Next) && (radix == 16 || Next is >= '0' and <= '7'); most--, _at++)
            value = (value * radix) + (Next <= '9' ? Next - '0' : (Next | 0x20) - 'a' + 10);
        return value;
    }

    /// <summary><c>\x{…}</c> or <c>\o{…}</c>: without Unicode mode it must be a byte.</summary>
    private PcreFault? ReadCode(int begin, bool isHex, out int? value)
    {
        _at++;
        var digits = _at;
        value = 0;
        while (_at < _text.Length && char.IsAsciiHexDigit(Next) && (isHex || Next is >= '0' and <= '7'))
            value = Math.Min((value.Value * (isHex ? 16 : 8)) + Digits(isHex ? 16 : 8, 1), 1000);
        if (_at == digits || Next != '}' || value > 255)
            return new($"{Text(begin, _at + 1)} is no byte", isHex ? @"Write \x{00} to \x{ff}" : @"Write \o{0} to \o{377}");
        _at++;
        return null;
    }

    private PcreFault? ReadProperty(int begin)
    {
        if (Next == '{')
        {
            var end = Array.IndexOf(_text, (byte)'}', _at);
            if (end > 0)
                _at = end + 1;
            return end > 0 ? null : new($"{Text(begin, _at + 1)} is not closed", "Write } at its end");
        }

        return "CLMNPSZ".Contains(Next, StringComparison.Ordinal) && _at++ < _text.Length
            ? null
            : new($"{Text(begin, _at + 1)} is not a known property", @"Write \p{L} for a letter");
    }

    private PcreFault? ReadClass()
    {
        if (IsNamedClass(_at, out _, out var ending))
            return new($"{Text(_at, ending)} is outside a class", $"Write [{Text(_at, ending)}]");

        if (_text.AsSpan(_at).StartsWith("[[:<:]]"u8) || _text.AsSpan(_at).StartsWith("[[:>:]]"u8))
        {
            _at += 7;
            return Take(false);
        }

        var begin = _at++;
        if (Next == '^')
            _at++;
        for (var isFirst = true; !IsAtEnd && (Next != ']' || isFirst); isFirst = false)
        {
            if (ReadRange() is { } fault)
                return fault;
            if (!IsUnderstood)
                return null;
        }

        if (IsAtEnd)
            return new($"class {Text(begin, begin + 20)} is not closed", @"Write ] at its end, or \[ for the character");
        _at++;
        return Take();
    }

    /// <summary>One item of a class, or two with a hyphen between them.</summary>
    private PcreFault? ReadRange()
    {
        var begin = _at;
        if (ReadClassItem(out var low, out _) is { } fault)
            return fault;
        if (low is null || Next != '-' || At(_at + 1) is ']' or '\0')
            return null;

        var middle = ++_at;
        if (ReadClassItem(out var high, out var isSet) is { } faultOfEnd)
            return faultOfEnd;
        return isSet ? new($"range {Text(begin, _at)} ends with a set of characters", $@"Write \- for the hyphen: {Text(begin, middle - 1)}\-{Text(middle, _at)}")
            : low > high ? new($"range {Text(begin, _at)} is in the wrong order", $"Write {Text(middle, _at)}-{Text(begin, middle - 1)}")
            : null;
    }

    private PcreFault? ReadClassItem(out int? value, out bool isSet)
    {
        (value, isSet) = (null, false);
        if (Next == '[' && IsNamedClass(_at, out var name, out var end))
        {
            isSet = true;
            var written = Text(_at, end);
            _at = end;
            return ClassNames.Contains(name.TrimStart('^')) ? null : new($"{written} is not a known class", "Write [:alnum:], [:alpha:] or [:digit:]");
        }

        if (Next != '\\')
        {
            value = _text[_at++];
            return null;
        }

        var begin = _at++;
        if (IsAtEnd)
            return null;
        switch (Next)
        {
            case 'Q' or 'E':
                IsUnderstood = false;
                return null;
            case 'N':
                return Unsupported(begin);
            case 'b':
                _at++;
                value = 8;
                return null;
            default:
                isSet = char.ToLowerInvariant(Next) is 'd' or 'w' or 's' or 'h' or 'v';
                return ReadCharacter(begin, out value);
        }
    }

    /// <summary>Whether <c>[:name:]</c>, or its unsupported relatives with <c>.</c> and <c>=</c>, stands at a position.</summary>
    private bool IsNamedClass(int at, out string name, out int end)
    {
        (name, end) = ("", at);
        if (At(at + 1) is not (':' or '.' or '=') and var mark)
            return false;

        mark = At(at + 1);
        for (var i = at + 2; i + 1 < _text.Length; i++)
        {
            if (At(i) == '\\' && At(i + 1) is ']' or '\\')
                i++;
            else if (At(i) == ']' || (At(i) == '[' && At(i + 1) == mark))
                return false;
            else if (At(i) == mark && At(i + 1) == ']')
            {
                (name, end) = (mark == ':' ? Text(at + 2, i) : $"{mark}", i + 2);
                return true;
            }
        }

        return false;
    }

    private PcreFault Unsupported(int begin) => new($"{Text(begin, begin + 2)} is not supported", $@"Write \\{Text(begin + 1, begin + 2)} for a backslash and the letter");
}
