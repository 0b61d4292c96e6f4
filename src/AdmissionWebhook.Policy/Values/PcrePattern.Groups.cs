namespace AdmissionWebhook.Policy.Values;

/// <content>Groups, and everything else that begins with a parenthesis.</content>
internal sealed partial class PcrePattern
{
    private static readonly HashSet<string> Verbs = ["ACCEPT", "COMMIT", "F", "FAIL", "MARK", "PRUNE", "SKIP", "THEN"];

    private PcreFault? ReadGroup()
    {
        var begin = _at++;
        if (Next == '*')
            return ReadVerb();
        if (Next != '?')
            return Open(capturing: true);

        _at++;
        switch (Next)
        {
            case '#':
                var end = Array.IndexOf(_text, (byte)')', _at);
                _at = end < 0 ? _text.Length : end + 1;
                return end < 0 ? new("a comment is not closed", "Write ) at its end") : null;
            case ':' or '|' or '>':
                _mayShareNames |= Next == '|';
                _at++;
                return Open();
            case '=' or '!' or '*':
                _at++;
                return Open(behind: false);
            case '<' when At(_at + 1) is '=' or '!' or '*':
                _at += 2;
                return Open(behind: true);
            case '<' or '\'':
                return ReadNamed(begin);
            case 'P':
                _at++;
                return ReadNamed(begin);
            case '(':
                return ReadCondition(begin);
            case '&' or 'R' or '+' or (>= '0' and <= '9'):
                return ReadCall(begin);
            case '-' when At(_at + 1) is >= '0' and <= '9':
                return ReadCall(begin);
            case 'C' or '[':
                IsUnderstood = false;
                return null;
            default:
                return ReadOptions(begin);
        }
    }

    private PcreFault? Open(bool capturing = false, bool? behind = null, bool conditional = false)
    {
        if (capturing)
            Groups++;
        IsUnderstood &= _open.Count < DeepestGroup;
        _open.Push(new(conditional, behind ?? (_open.TryPeek(out var outer) && outer.IsBehind)));
        (_isRepeatable, _isCharacter) = (false, false);
        return null;
    }

    /// <summary><c>&lt;name&gt;</c>, <c>'name'</c>, and after a P <c>&lt;name&gt;</c>, <c>=name</c> and <c>&gt;name</c>.</summary>
    private PcreFault? ReadNamed(int begin)
    {
        var kind = Next;
        _at++;
        var name = Name(ref _at);
        var ending = kind switch { '<' => '>', '\'' => '\'', '=' or '>' => ')', _ => '\0' };
        if (ending == '\0')
            return Unknown(begin);
        if (name.Length is 0 or > LongestName || Next != ending)
            return new($"{Text(begin, _at)} is not a valid group name", "Write (?<name>…), with a name of letters, digits and _");

        _at++;
        if (ending == ')')
        {
            _references.Add((0, name, Text(begin, _at)));
            return Take(kind == '=');
        }

        if (!_names.Add(name) && !_mayShareNames)
            return new($"two groups have the name {name}", "Use different names");
        return Open(capturing: true);
    }

    private PcreFault? ReadCall(int begin)
    {
        var sign = Next;
        if (sign is 'R' or '&' or '+' or '-')
            _at++;

        var name = sign == '&' ? Name(ref _at) : "";
        var number = sign is 'R' or '&' ? null : Number(ref _at);
        if (Next != ')' || (sign == '&' && name.Length == 0) || (sign is '+' or '-' && number is null))
            return Unknown(begin);

        _at++;
        if (sign == '&')
            _references.Add((0, name, Text(begin, _at)));
        else if (number is not null && (sign, number) is not ('0', 0))
            _references.Add((sign switch { '+' => Groups + number.Value, '-' => Groups + 1 - number.Value, _ => number.Value }, "", Text(begin, _at)));
        return Take(false);
    }

    /// <summary>After something that takes what a group takes, so that its length is not known here.</summary>
    private PcreFault? Take(bool _)
    {
        (_isRepeatable, _isCharacter) = (true, false);
        return null;
    }

    private PcreFault? ReadOptions(int begin)
    {
        while (Next is 'i' or 'm' or 's' or 'n' or 'J' or 'U' or 'X' or '-' or '^' or 'x' or 'a' or 'D' or 'S' or 'W' or 'P' or 'T' or 'r')
        {
            _mayShareNames |= Next == 'J';
            if (Next is 'x')
                IsUnderstood = false;
            _at++;
        }

        if (Next == ':')
        {
            _at++;
            return Open();
        }

        if (Next != ')')
            return Unknown(begin);

        _at++;
        _isRepeatable = false;
        return null;
    }

    /// <summary>A group whose condition is a number, a name or a lookaround. Conditions of other sorts are not understood.</summary>
    private PcreFault? ReadCondition(int begin)
    {
        var at = _at + 1;
        if (At(at) == '?')
        {
            IsUnderstood = At(at + 1) is '=' or '!' || (At(at + 1) == '<' && At(at + 2) is '=' or '!');
            return Open(conditional: true);
        }

        if (Number(ref at) is not { } number || At(at) != ')')
        {
            IsUnderstood = false;
            return null;
        }

        _references.Add((number, "", Text(begin, at + 1)));
        _at = at + 1;
        return Open(conditional: true);
    }

    private PcreFault? ReadVerb()
    {
        var begin = _at++ - 1;
        var name = Name(ref _at);
        if (name.Length == 0 && Next != ':')
            return new("* repeats nothing", @"Write \* for the character");
        if (name.Length > 0 && char.IsAsciiLetterLower(name[0]))
        {
            IsUnderstood = false;
            return null;
        }

        var end = Array.IndexOf(_text, (byte)')', _at);
        if (end < 0 || Next is not (':' or ')') || (name.Length > 0 && !Verbs.Contains(name)) || (name == "MARK" && Next == ')'))
            return Unknown(begin);

        _at = end + 1;
        _hasVerbs = true;
        _isRepeatable = name == "ACCEPT";
        return null;
    }

    private PcreFault Unknown(int begin) => new($"{Text(begin, _at + 1)} is not known after a parenthesis", @"Write (?:…) for a group, or \( for the character");
}
