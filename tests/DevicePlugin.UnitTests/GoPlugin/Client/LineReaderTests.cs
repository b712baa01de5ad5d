using System.Text;
using DevicePlugin.GoPlugin.Client;

namespace DevicePlugin.UnitTests.GoPlugin.Client;

internal sealed class LineReaderTests
{
    [Test]
    public async Task ReadAsync_ManyLines_AreReadOneByOne()
    {
        var reader = Create("one\ntwo\r\n\nthree");

        Assert.That(await ReadAllAsync(reader), Is.EqualTo(["one", "two", "", "three"]));
    }

    [Test]
    public async Task ReadAsync_NothingWritten_IsNull() => Assert.That(await ReadAllAsync(Create("")), Is.Empty);

    [Test]
    public async Task ReadAsync_LineBeyondTheLimit_ComesInPieces()
    {
        var lines = await ReadAllAsync(Create(new string('x', 150_000) + "\nnext\n"));

        Assert.That(lines.Select(line => line.Length), Is.EqualTo([65_536, 65_536, 18_928, 4]));
    }

    [Test]
    public async Task ReadAsync_LineOfExactlyTheLimit_LosesNothing()
    {
        var lines = await ReadAllAsync(Create(new string('x', 65_536) + "\nnext\n"));

        Assert.That(string.Concat(lines), Is.EqualTo(new string('x', 65_536) + "next"));
    }

    private static LineReader Create(string text) => new(new MemoryStream(Encoding.UTF8.GetBytes(text)));

    private static async Task<List<string>> ReadAllAsync(LineReader reader)
    {
        var lines = new List<string>();
        while (await reader.ReadAsync(CancellationToken.None) is { } line)
        {
            lines.Add(line);
        }

        return lines;
    }
}
