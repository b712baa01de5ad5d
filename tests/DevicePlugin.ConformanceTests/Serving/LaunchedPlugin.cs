using System.Diagnostics;
using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.Serving;

/// <summary>The published executable, started with a host's environment and nothing else of a host.</summary>
internal sealed class LaunchedPlugin : IDisposable
{
    private readonly DirectoryInfo _sockets = Directory.CreateTempSubdirectory("lp");
    private readonly Process _process;

    private LaunchedPlugin(string workingDirectory)
    {
        var start = new ProcessStartInfo(Repository.Executable())
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory,
            Environment =
            {
                ["NOMAD_PLUGIN_MAGIC_COOKIE"] = "e4327c2e01eabfd75a8a67adb114fb34a757d57eee7728d857a8cec6e91a7255",
                ["PLUGIN_PROTOCOL_VERSIONS"] = "2",
                ["PLUGIN_UNIX_SOCKET_DIR"] = _sockets.FullName,
            },
        };
        _process = Process.Start(start)!;
    }

    public IEnumerable<string> SocketFiles => Directory.EnumerateFileSystemEntries(_sockets.FullName);

    /// <summary>What the process has open, as the kernel names it.</summary>
    public IEnumerable<string> OpenFiles => new DirectoryInfo($"/proc/{_process.Id}/fd").EnumerateFiles()
        .Select(file => file.LinkTarget)
        .OfType<string>();

    /// <summary>Returns as soon as the handshake line is there.</summary>
    public static async Task<LaunchedPlugin> StartAsync(string workingDirectory = "/")
    {
        var plugin = new LaunchedPlugin(workingDirectory);
        var line = await plugin._process.StandardOutput.ReadLineAsync().DefaultTimeout();
        Assert.That(line, Does.Match(@"^1\|2\|unix\|/.+\|grpc"));
        return plugin;
    }

    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        await kill.WaitForExitAsync().DefaultTimeout();
    }

    public async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync().DefaultTimeout();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
        _sockets.Delete(recursive: true);
    }
}
