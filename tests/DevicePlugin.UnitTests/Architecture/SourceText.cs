using System.Text.RegularExpressions;

namespace DevicePlugin.UnitTests.Architecture;

/// <summary>C# without its comments, so that a rule about code is not broken by a sentence about the rule.</summary>
internal static partial class SourceText
{
    public static string WithoutComments(string path) => Comment().Replace(File.ReadAllText(path), "");

    // A comment's opening inside a string literal ("http://...") is the price of not parsing; the rest of that line is
    // then not looked at.
    [GeneratedRegex(@"//.*?$|/\*.*?\*/", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Comment();
}
