using DevicePlugin.Nomad.Agent;

namespace DevicePlugin.UnitTests.Nomad.Agent;

internal sealed class HclReaderTests
{
    [TestCase("", "{}")]
    [TestCase("a = 1", """{"a":1}""")]
    [TestCase("a = \"x\\ty\" # c\nb = true // d\n/* e\n*/ c = null", """{"a":"x\ty","b":true,"c":null}""")]
    [TestCase("client { enabled = true }", """{"client":[{"enabled":true}]}""")]
    [TestCase("client = { enabled = true }", """{"client":{"enabled":true}}""")]
    [TestCase("a { b {} }\na { c = 2 }", """{"a":[{"b":[{}]},{"c":2}]}""")]
    [TestCase("plugin \"x\" {\n  config {}\n}", """{"plugin":[{"x":{"config":[{}]}}]}""")]
    [TestCase("a \"b\" \"c\" { d = 1 }", """{"a":[{"b":{"c":{"d":1}}}]}""")]
    [TestCase("l = [\n  \"a\", # one\n  \"b\",\n]\nm = 1", """{"l":["a","b"],"m":1}""")]
    [TestCase("t = <<EOF\n} not the end {\nEOF\nb = 1", """{"t":"<<EOF\n} not the end {\nEOF","b":1}""")]
    [TestCase("t = \"} # {\"\nb = 1", """{"t":"} # {","b":1}""")]
    [TestCase("f = env(\"A\", [1])\nb = 1", """{"f":"env(\"A\", [1])","b":1}""")]
    public void Read_WhatAgentsHave_IsItsShape(string hcl, string json) =>
        Assert.That(
            HclReader.Read(hcl).ToJsonString(JsonText.Relaxed), Is.EqualTo(json.ReplaceLineEndings("\\n")));

    [TestCase("a {\n", "line 2: a '}' is missing")]
    [TestCase("a = 1\n}", "line 2: a '}' closes nothing")]
    [TestCase("a = \"x", "line 1: a string has no end")]
    [TestCase("/* a", "line 1: a comment has no end")]
    [TestCase("a = <<EOF\nb", "line 1: the text that begins with <<EOF has no end")]
    [TestCase("a", "line 1: it ends too early")]
    [TestCase("a ]", "line 1: ']' is not expected here")]
    public void Read_WhatIsNoHcl_NamesTheLine(string hcl, string message) =>
        Assert.That(() => HclReader.Read(hcl), Throws.TypeOf<FormatException>().With.Message.EqualTo(message));

    [Test]
    public void Read_BlocksInBlocksWithoutEnd_AreRefused() => Assert.That(
        () => HclReader.Read(string.Concat(Enumerable.Repeat("a {", 100_000))),
        Throws.TypeOf<FormatException>().With.Message.Contains("nested deeper"));
}
