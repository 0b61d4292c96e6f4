using System.Text;

namespace AdmissionWebhook.Policy.Values;

/// <summary>Why a regular expression does not compile.</summary>
/// <param name="Message">What is wrong, as a clause.</param>
/// <param name="Remedy">What to write, as an instruction.</param>
internal sealed record PcreFault(string Message, string Remedy);

/// <summary>
/// The syntax of a regular expression as PCRE reads it, byte by byte, without Unicode mode. The faults are those that PCRE 8 and every PCRE2 up to
/// 10.45 refuse: controllers are built with either. Where they differ, or where this reader cannot tell, the expression counts as valid.
/// </summary>
internal sealed partial class PcrePattern
{
    /// <summary>PCRE itself takes 250, unless it is built otherwise.</summary>
    private const int DeepestGroup = 1000;

    private const int LongestName = 128;
    private const int MostRepetitions = 65535;

    private readonly byte[] _text;
    private readonly Stack<Group> _open = new();
    private readonly HashSet<string> _names = [];
    private readonly List<(int Number, string Name, string Written)> _references = [];
    private int _at;
    private bool _isRepeatable;
    private bool _isCharacter;
    private bool _mayShareNames;
    private bool _hasVerbs;

    private PcrePattern(string pattern) => _text = Encoding.UTF8.GetBytes(pattern);

    /// <summary>What is around the position: a group, and the nearest lookaround, which is the group itself or encloses it.</summary>
    private sealed record Group(bool IsConditional, bool IsBehind)
    {
        public bool HasCharacter { get; set; }

        public int Branches { get; set; } = 1;
    }

    /// <summary>Why it does not compile; null if it compiles or may compile.</summary>
    public PcreFault? Fault { get; private init; }

    /// <summary>Whether this reader understood all of it.</summary>
    public bool IsUnderstood { get; private set; } = true;

    /// <summary>How many numbered groups it has at most.</summary>
    public int Groups { get; private set; }

    /// <summary>The names of its groups.</summary>
    public IReadOnlySet<string> Names => _names;

    /// <summary>Reads an expression of any length in one pass.</summary>
    public static PcrePattern Read(string pattern)
    {
        var read = new PcrePattern(pattern);
        return read.ReadAll() is { } fault ? new(pattern) { Fault = fault } : read;
    }

    private bool IsAtEnd => _at >= _text.Length;

    private char Next => IsAtEnd ? '\0' : (char)_text[_at];

    private PcreFault? ReadAll()
    {
        while (!IsAtEnd)
        {
            if (ReadItem() is { } fault)
                return fault;
            if (!IsUnderstood)
                return null;
        }

        return _open.Count > 0 ? new("a group is not closed", @"Write ) at its end, or \( for the character") : MissingReference();
    }

    private PcreFault? ReadItem()
    {
        switch (Next)
        {
            case '\\':
                return ReadEscape();
            case '[':
                return ReadClass();
            case '(':
                return ReadGroup();
            case ')':
                return CloseGroup();
            case '|':
                _at++;
                _isRepeatable = false;
                return _open.TryPeek(out var group) && ++group.Branches > 2 && group.IsConditional ? new("a condition has more than two branches", "Write one | in it") : null;
            case '*' or '+' or '?':
                return Repeat(_at + 1, 0, Next == '?' ? 1 : null);
            case '{' when Repetition() is var (end, least, most):
                return Repeat(end, least, most);
            case '^' or '$':
                _at++;
                _isRepeatable = false;
                return null;
            default:
                _at++;
                return Take();
        }
    }

    /// <summary>After an item that takes a character.</summary>
    private PcreFault? Take()
    {
        (_isRepeatable, _isCharacter) = (true, true);
        if (_open.TryPeek(out var group))
            group.HasCharacter = true;
        return null;
    }

    /// <summary>Whether a brace begins a repetition; otherwise it is a character.</summary>
    private (int End, int Least, int? Most)? Repetition()
    {
        var at = _at + 1;
        if (Number(ref at) is not { } least)
            return null;

        var most = (int?)least;
        if (At(at) == ',')
        {
            at++;
            most = Number(ref at);
        }

        return At(at) == '}' ? (at + 1, least, most) : null;
    }

    private PcreFault? Repeat(int end, int least, int? most)
    {
        var written = Text(_at, end);
        if (!_isRepeatable)
            return new($"{written} repeats nothing", $@"Remove it, or write \{written[0]} for the character");
        if (least > MostRepetitions || most > MostRepetitions)
            return new($"{written} repeats too often", $"Write a number up to {MostRepetitions}");
        if (most < least)
            return new($"{written} has its numbers in the wrong order", $"Write {{{most},{least}}}");
        if (most is null && _isCharacter && !_hasVerbs && _open.TryPeek(out var group) && group.IsBehind)
            return new($"{written} has no limit in a lookbehind", "Write a fixed length");

        _at = end;
        if (Next is '?' or '+')
            _at++;
        _isRepeatable = false;
        return null;
    }

    private PcreFault? CloseGroup()
    {
        if (!_open.TryPop(out var group))
            return new(") closes no group", @"Remove it, or write \) for the character");

        _at++;
        (_isRepeatable, _isCharacter) = (true, group.HasCharacter);
        if (group.HasCharacter && _open.TryPeek(out var outer))
            outer.HasCharacter = true;
        return null;
    }

    private PcreFault? MissingReference()
    {
        foreach (var (number, name, written) in _references)
        {
            if (name.Length > 0 ? !_names.Contains(name) : number > Groups || number <= 0)
                return new($"{written} refers to a group that does not exist", name.Length > 0 || Groups == 0 ? "Remove it, or add the group" : $"Write a number up to {Groups}");
        }

        return null;
    }

    private char At(int index) => index < _text.Length ? (char)_text[index] : '\0';

    /// <summary>A number of digits at a position, or null if there is none; the largest one stands for all that are too large.</summary>
    private int? Number(ref int at)
    {
        var begin = at;
        var number = 0;
        for (; At(at) is >= '0' and <= '9' and var digit; at++)
            number = Math.Min((number * 10) + digit - '0', 1_000_000);
        return at > begin ? number : null;
    }

    /// <summary>A name at a position; empty if none begins there.</summary>
    private string Name(ref int at)
    {
        var begin = at;
        if (At(at) is not (>= '0' and <= '9'))
        {
            while (At(at) is >= 'a' and <= 'z' or >= 'A' and <= 'Z' or >= '0' and <= '9' or '_')
                at++;
        }

        return Text(begin, at);
    }

    private string Text(int from, int to) => Encoding.UTF8.GetString(_text.AsSpan(Math.Min(from, _text.Length)..Math.Min(to, _text.Length)));
}
