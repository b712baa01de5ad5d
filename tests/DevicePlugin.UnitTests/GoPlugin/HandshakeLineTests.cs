using DevicePlugin.GoPlugin.Handshake;

namespace DevicePlugin.UnitTests.GoPlugin;

internal sealed class HandshakeLineTests
{
    [TestCase(null, "1|2|unix|/tmp/plugin-1|grpc|")]
    [TestCase(false, "1|2|unix|/tmp/plugin-1|grpc||false")]
    [TestCase(true, "1|2|unix|/tmp/plugin-1|grpc||true")]
    public void ToString_SeventhField_OnlyWhenAsked(bool? multiplex, string expected) =>
        Assert.That(new HandshakeLine(1, 2, "unix", "/tmp/plugin-1", "grpc", "", multiplex).ToString(), Is.EqualTo(expected));

    [Test]
    public void TryParse_PrintedLine_GivesTheSameFields()
    {
        var line = new HandshakeLine(1, 2, "tcp", "127.0.0.1:10000", "grpc", "AAEC", false);

        Assert.That(HandshakeLine.TryParse($"{line}\n", out var parsed, out _), Is.True);
        Assert.That(parsed, Is.EqualTo(line));
    }

    [Test]
    public void TryParse_FourFields_LeavesTheRestEmpty()
    {
        Assert.That(HandshakeLine.TryParse("1|5|unix|/run/s", out var parsed, out _), Is.True);
        Assert.That(parsed, Is.EqualTo(new HandshakeLine(1, 5, "unix", "/run/s", "", "", null)));
    }

    [TestCase("", "1 fields")]
    [TestCase("panic: no", "1 fields")]
    [TestCase("1|2|unix", "3 fields")]
    [TestCase("x|2|unix|/s", "\"x\"")]
    [TestCase("1|-2|unix|/s", "\"-2\"")]
    [TestCase("1|2|unix|/s|grpc||perhaps", "\"perhaps\"")]
    public void TryParse_NotALine_SaysWhatIsWrong(string text, string expectedPattern)
    {
        Assert.That(HandshakeLine.TryParse(text, out var parsed, out var error), Is.False);
        Assert.That(parsed, Is.Null);
        Assert.That(error, Does.Match(expectedPattern));
    }
}
