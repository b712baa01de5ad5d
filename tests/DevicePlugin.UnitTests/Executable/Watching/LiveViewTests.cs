using System.Text;
using System.Threading.Channels;
using DevicePlugin.Tests;
using DevicePlugin.Watching;
using Spectre.Console;
using static DevicePlugin.UnitTests.Executable.Watching.WatchedNode;

namespace DevicePlugin.UnitTests.Executable.Watching;

internal sealed class LiveViewTests
{
    private static readonly WatchView View = new(WatchGlyphs.Unicode, hasKeys: true, AnsiSupport.No);

    private readonly WatchSnapshot _snapshot =
        SnapshotOf([.. Enumerable.Range(0, 16).Select(n => (Device(TestGpus.Gpu(n)), Busy))]);

    [Test]
    public async Task RunAsync_Quit_EndsAndShowsNothingMore()
    {
        using var output = new MemoryStream();
        var live = new LiveView(View, new TerminalScreen(output), () => new WatchSize(80, 8));
        live.Inputs.TryWrite(WatchInput.Quit);
        live.Show(_snapshot);

        await live.RunAsync(CancellationToken.None).DefaultTimeout();

        Assert.That(output.Length, Is.Zero);
    }

    [Test]
    public void RunAsync_Cancelled_Ends()
    {
        using var output = new MemoryStream();
        var live = new LiveView(View, new TerminalScreen(output), () => new WatchSize(80, 8));

        Assert.That(
            async () => await live.RunAsync(new CancellationToken(canceled: true)).DefaultTimeout(),
            Throws.InstanceOf<OperationCanceledException>());
    }

    [TestCase("0 H100")]
    [TestCase("1 H100", ConsoleKey.DownArrow)]
    [TestCase("0 H100", ConsoleKey.DownArrow, ConsoleKey.UpArrow, ConsoleKey.UpArrow)]
    [TestCase("5 H100", ConsoleKey.PageDown)]
    [TestCase("11 H100", ConsoleKey.PageDown, ConsoleKey.PageDown, ConsoleKey.PageDown, ConsoleKey.PageDown)]
    [TestCase("11 H100", ConsoleKey.End)]
    [TestCase("6 H100", ConsoleKey.End, ConsoleKey.PageUp)]
    [TestCase("0 H100", ConsoleKey.End, ConsoleKey.Home)]
    public async Task Keys_Scroll(string firstRow, params ConsoleKey[] keys)
    {
        await using var terminal = new ShownFrames();
        var live = new LiveView(View, new TerminalScreen(terminal), () => new WatchSize(80, 8));
        var running = live.RunAsync(CancellationToken.None);

        live.Show(_snapshot);
        var frame = await terminal.NextAsync();
        foreach (var key in keys)
        {
            live.Inputs.TryWrite(WatchKeys.InputOf(Key(key))!);
            live.Inputs.TryWrite(WatchInput.Redraw);
            frame = await terminal.NextAsync();
        }

        live.Inputs.TryWrite(WatchInput.Quit);
        await running.DefaultTimeout();
        Assert.That(frame, Does.Contain($"\e[3;1H{firstRow}"));
    }

    [Test]
    public async Task Resize_DrawsForTheNewSize()
    {
        await using var terminal = new ShownFrames();
        var size = new WatchSize(80, 8);
        var live = new LiveView(View, new TerminalScreen(terminal), () => size);
        var running = live.RunAsync(CancellationToken.None);
        live.Show(_snapshot);
        await terminal.NextAsync();

        size = new WatchSize(120, 8);
        live.Inputs.TryWrite(WatchInput.Resize);
        var frame = await terminal.NextAsync();

        live.Inputs.TryWrite(WatchInput.Quit);
        await running.DefaultTimeout();
        Assert.That(frame, Does.Contain("Held down"));
    }

    [TestCase(ConsoleKey.Q)]
    [TestCase(ConsoleKey.Escape)]
    public void InputOf_KeyThatEnds_IsQuit(ConsoleKey key) =>
        Assert.That(WatchKeys.InputOf(Key(key)), Is.SameAs(WatchInput.Quit));

    [Test]
    public void InputOf_KeyWithoutAMeaning_IsNothing() => Assert.That(WatchKeys.InputOf(Key(ConsoleKey.X)), Is.Null);

    private static ConsoleKeyInfo Key(ConsoleKey key) => new('\0', key, false, false, false);

    /// <summary>A terminal of which a test awaits the frames.</summary>
    private sealed class ShownFrames : MemoryStream
    {
        private readonly Channel<string> _written = Channel.CreateUnbounded<string>();

        public override void Write(ReadOnlySpan<byte> buffer) => _written.Writer.TryWrite(Encoding.UTF8.GetString(buffer));

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        /// <summary>The next one in which everything is redrawn.</summary>
        public async Task<string> NextAsync()
        {
            string written;
            do
            {
                written = await _written.Reader.ReadAsync().AsTask().DefaultTimeout();
            }
            while (!written.Contains("\e[2J", StringComparison.Ordinal));
            return written;
        }
    }
}
