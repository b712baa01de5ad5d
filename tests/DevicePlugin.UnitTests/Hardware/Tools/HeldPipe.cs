using DevicePlugin.Tests;
using DevicePlugin.UnitTests.Hardware.DeviceNodes;

namespace DevicePlugin.UnitTests.Hardware.Tools;

/// <summary>A pipe that a program and the process it starts have open. It ends with the last of them.</summary>
internal sealed class HeldPipe : IDisposable
{
    private readonly string _path;
    private readonly Task<StreamReader> _reader;

    public HeldPipe(TemporaryTree tree)
    {
        _path = Path.Combine(tree.Root, "held");
        Hostility.Pipe.Put(_path);

        // Opening waits for the program.
        _reader = Task.Run(() => new StreamReader(_path));
    }

    /// <summary>Starts another process, and neither of them ends.</summary>
    public string Script => $"exec 3> '{_path}'\nsleep 1000 &\necho started >&3\nsleep 1000";

    public async Task StartedAsync()
    {
        var reader = await _reader.DefaultTimeout();
        Assert.That(await reader.ReadLineAsync().DefaultTimeout(), Is.EqualTo("started"));
    }

    public async Task AssertEndsAsync()
    {
        var reader = await _reader.DefaultTimeout();
        Assert.That(await reader.ReadToEndAsync().DefaultTimeout(), Is.Empty, "what it started has ended too");
    }

    public void Dispose()
    {
        if (_reader.IsCompletedSuccessfully)
        {
            _reader.Result.Dispose();
        }
    }
}
