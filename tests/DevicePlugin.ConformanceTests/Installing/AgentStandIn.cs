using System.Diagnostics;
using System.Runtime.Versioning;

namespace DevicePlugin.ConformanceTests.Installing;

/// <summary>
/// Does with the plugin of a folder what Nomad's agent does when it ends: starts the file of that name again. Like an agent's, its
/// command line has the word agent.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class AgentStandIn : IDisposable
{
    private const string Script =
        """
        trap 'kill $plugin; exit' TERM
        for start in $(seq "$3"); do
            "$2/nomad-device-gpu" >> "$2/../handshakes" 2> /dev/null &
            plugin=$!
            wait $plugin
        done
        sleep 60 & plugin=$!
        wait $plugin
        """;

    private readonly Process _process;
    private readonly string _handshakes;

    private AgentStandIn(string pluginDir, string command, int starts)
    {
        _handshakes = HandshakesOf(pluginDir);
        _process = Process.Start(new ProcessStartInfo("bash", ["-c", Script, "stand-in", command, pluginDir, $"{starts}"])
        {
            Environment =
            {
                ["NOMAD_PLUGIN_MAGIC_COOKIE"] = "e4327c2e01eabfd75a8a67adb114fb34a757d57eee7728d857a8cec6e91a7255",
                ["PLUGIN_PROTOCOL_VERSIONS"] = "2",
            },
        })!;
    }

    /// <summary>The plugin that runs now; null when there is none.</summary>
    public int? Plugin => Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), out var id) ? id : 0)
        .FirstOrDefault(id => id > 0 && ParentOf(id) == _process.Id && ProgramOf(id).Contains("nomad-device-gpu")) is > 0 and var found
        ? found
        : null;

    public bool IsRunning => !_process.HasExited;

    /// <summary>Returns when its plugin has shaken hands.</summary>
    /// <param name="pluginDir">Where the plugin is.</param>
    /// <param name="command">What its command line says that it is.</param>
    /// <param name="starts">How often it starts the plugin.</param>
    public static async Task<AgentStandIn> StartAsync(string pluginDir, string command = "agent", int starts = 10)
    {
        var before = CountIn(HandshakesOf(pluginDir));
        var agent = new AgentStandIn(pluginDir, command, starts);
        await agent.WaitForHandshakeAsync(before + 1);
        return agent;
    }

    private static string HandshakesOf(string pluginDir) => Path.Combine(Path.GetDirectoryName(pluginDir)!, "handshakes");

    private static int CountIn(string handshakes) => File.Exists(handshakes) ? File.ReadAllLines(handshakes).Length : 0;

    private async Task WaitForHandshakeAsync(int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (CountIn(_handshakes) < count)
        {
            await Task.Delay(20, limit.Token);
        }
    }

    public void Dispose()
    {
        using (var kill = Process.Start("kill", [$"{_process.Id}"]))
        {
            kill.WaitForExit();
        }

        _process.WaitForExit();
        _process.Dispose();
    }

    private static int ParentOf(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], null);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static string ProgramOf(int id) => new FileInfo($"/proc/{id}/exe").LinkTarget ?? "";
}
