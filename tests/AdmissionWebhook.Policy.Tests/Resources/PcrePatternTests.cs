using System.Diagnostics;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Tests.Resources;

public sealed class PcrePatternTests
{
    [Theory]
    [InlineData("(a", "a group is not closed", @"Write ) at its end, or \( for the character")]
    [InlineData("a)", ") closes no group", @"Remove it, or write \) for the character")]
    [InlineData("[a-f", "class [a-f is not closed", @"Write ] at its end, or \[ for the character")]
    [InlineData("[f-a]", "range f-a is in the wrong order", "Write a-f")]
    [InlineData(@"[a-\w]", @"range a-\w ends with a set of characters", @"Write \- for the hyphen: a\-\w")]
    [InlineData("a{5,2}", "{5,2} has its numbers in the wrong order", "Write {2,5}")]
    [InlineData("a{65536}", "{65536} repeats too often", "Write a number up to 65535")]
    [InlineData("a**", "* repeats nothing", @"Remove it, or write \* for the character")]
    [InlineData("a{2}{3}", "{3} repeats nothing", @"Remove it, or write \{ for the character")]
    [InlineData("^*", "* repeats nothing", @"Remove it, or write \* for the character")]
    [InlineData(@"a\", @"\ at the end escapes nothing", @"Remove it, or write \\ for the character")]
    [InlineData(@"(a)(b)\3", @"\3 refers to a group that does not exist", "Write a number up to 2")]
    [InlineData("(?&x)", "(?&x) refers to a group that does not exist", "Remove it, or add the group")]
    [InlineData(@"\g{-2}(a)", @"\g{-2} refers to a group that does not exist", "Write a number up to 1")]
    [InlineData("(?<a>x)(?<a>y)", "two groups have the name a", "Use different names")]
    [InlineData("(?<a", "(?<a is not a valid group name", "Write (?<name>…), with a name of letters, digits and _")]
    [InlineData("(?#a", "a comment is not closed", "Write ) at its end")]
    [InlineData("(?<!a*)b", "* has no limit in a lookbehind", "Write a fixed length")]
    [InlineData("(a)(?(1)b|c|d)", "a condition has more than two branches", "Write one | in it")]
    [InlineData("[[:alfa:]]", "[:alfa:] is not a known class", "Write [:alnum:], [:alpha:] or [:digit:]")]
    [InlineData("[:alpha:]", "[:alpha:] is outside a class", "Write [[:alpha:]]")]
    [InlineData(@"\x{100}", @"\x{100} is no byte", @"Write \x{00} to \x{ff}")]
    [InlineData(@"\U", @"\U is not supported", @"Write \\U for a backslash and the letter")]
    [InlineData("[é-a]", "range \ufffd-a is in the wrong order", "Write a-\ufffd")]
    public void Says_why_a_pattern_does_not_compile_and_what_to_write(string pattern, string message, string remedy)
    {
        var fault = PcrePattern.Read(pattern).Fault;

        Assert.Equal((message, remedy), (fault?.Message, fault?.Remedy));
    }

    /// <summary>PCRE 8 and the versions of PCRE2 differ: in unknown escapes, sets in ranges, lookbehinds of several lengths, and spaces in braces.</summary>
    [Theory]
    [InlineData(@"\y\i")]
    [InlineData(@"[\d-z]")]
    [InlineData(@"(?<=a{1,3})b")]
    [InlineData("a{,3}")]
    [InlineData("a{1, 3}")]
    [InlineData(@"\8")]
    [InlineData("(?^:a)")]
    [InlineData("(*pla:a)")]
    [InlineData("(?xx) ( # (")]
    public void Accepts_what_some_version_compiles(string pattern) => Assert.Null(PcrePattern.Read(pattern).Fault);

    [Theory]
    [InlineData("/a", 0)]
    [InlineData(@"/(a)(?:b)\(c\)[(](?<d>e)(?=f)", 2)]
    [InlineData(@"/\Q(\E(a)", 1)]
    public void Counts_the_groups(string pattern, int groups) => Assert.Equal(groups, PcrePattern.Read(pattern).Groups);

    [Theory]
    [InlineData("(")]
    [InlineData("[[:a")]
    [InlineData("[.[=[:")]
    [InlineData("(?#a)")]
    [InlineData(@"\Q")]
    [InlineData("(?<=")]
    [InlineData(@"\p{a}(?P>x)")]
    [InlineData("{1,")]
    public void Work_grows_no_faster_than_the_length(string run)
    {
        var (shorter, longer) = (Seconds(20_000), Seconds(160_000));

        Assert.True(longer < (shorter * 20) + 0.05, $"{shorter * 1000:0.0} ms for 20,000 characters, {longer * 1000:0.0} ms for 160,000");

        double Seconds(int length)
        {
            var pattern = string.Concat(Enumerable.Repeat(run, length / run.Length));
            return Enumerable.Range(0, 3).Min(_ =>
            {
                var begin = Stopwatch.GetTimestamp();
                PcrePattern.Read(pattern);
                return Stopwatch.GetElapsedTime(begin).TotalSeconds;
            });
        }
    }
}
