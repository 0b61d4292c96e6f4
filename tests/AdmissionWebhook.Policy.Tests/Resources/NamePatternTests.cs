using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Tests.Resources;

public sealed class NamePatternTests
{
    [Theory]
    [InlineData("team-*", "team-shop", true)]
    [InlineData("team-*", "team-", true)]
    [InlineData("team-*", "my-team-shop", false)]
    [InlineData("*-shop", "team-shop", true)]
    [InlineData("*-shop", "team-shop-two", false)]
    [InlineData("t*-*p", "team-shop", true)]
    [InlineData("*sho*shop*", "shoshoshop", true)]
    [InlineData("a*b", "ab", true)]
    [InlineData("a*b", "aXbX", false)]
    [InlineData("a**b", "aXb", true)]
    [InlineData("*", "any", true)]
    [InlineData("*", "", false)]
    [InlineData("", "", false)]
    [InlineData("", "any", false)]
    [InlineData("shop", "Shop", false)]
    [InlineData("sh?p", "shop", false)]
    [InlineData("sh?p", "sh?p", true)]
    [InlineData("\\*", "\\x", true)]
    [InlineData("[a-z]", "b", false)]
    [InlineData("a.c", "abc", false)]
    public void An_asterisk_matches_any_characters_and_others_match_themselves(string pattern, string name, bool matches) => Assert.Equal(matches, NamePattern.Matches(pattern, name));
}
