using System.Text;
using DevicePlugin.GoPlugin.Protocol;
using DevicePlugin.GoPlugin.Stdio;

namespace DevicePlugin.UnitTests.GoPlugin;

internal sealed class StdioTests
{
    [Test]
    public void WriteLine_IsOneChunkOfItsChannel()
    {
        var buffer = new StdioBuffer();
        using var writer = new StdioWriter(buffer, StdioData.Types.Channel.Stderr);

        writer.WriteLine("größe {0}", 3);

        Assert.That(buffer.Reader.TryRead(out var chunk), Is.True);
        Assert.That(chunk!.Channel, Is.EqualTo(StdioData.Types.Channel.Stderr));
        Assert.That(chunk.Data.ToStringUtf8(), Is.EqualTo($"größe 3{Environment.NewLine}"));
        Assert.That(buffer.Reader.TryRead(out _), Is.False);
    }

    [Test]
    public void Write_LongText_IsCutWithoutLoss()
    {
        var buffer = new StdioBuffer();
        using var writer = new StdioWriter(buffer, StdioData.Types.Channel.Stdout);
        var text = string.Concat(Enumerable.Repeat("0123456789ä", 300));

        writer.Write(text);

        var bytes = new List<byte>();
        while (buffer.Reader.TryRead(out var chunk))
        {
            Assert.That(chunk.Data, Has.Length.LessThanOrEqualTo(StdioBuffer.LongestChunk));
            bytes.AddRange(chunk.Data);
        }

        Assert.That(Encoding.UTF8.GetString([.. bytes]), Is.EqualTo(text));
    }

    [Test]
    public void Add_MoreThanFits_DropsTheOldestAndCounts()
    {
        var buffer = new StdioBuffer();
        using var writer = new StdioWriter(buffer, StdioData.Types.Channel.Stdout);

        for (var number = 0; number < StdioBuffer.Capacity + 5; number++)
        {
            writer.Write(number);
        }

        Assert.That(buffer.Reader.TryRead(out var first), Is.True);
        Assert.That(first!.Data.ToStringUtf8(), Is.EqualTo("5"));
        Assert.That(buffer.TakeDropped(), Is.EqualTo(5));
        Assert.That(buffer.TakeDropped(), Is.Zero);
    }
}
