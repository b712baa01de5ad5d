using System.Diagnostics;
using System.Net.Sockets;
using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Hostile;

/// <summary>What a person names on the command line and is not the file that was meant.</summary>
[Platform("Linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.All)]
internal sealed class NamedFilesTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("named").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [TestCase("config validate")]
    [TestCase("fingerprint --config")]
    [TestCase("health list --config")]
    [TestCase("scenarios show")]
    [TestCase("fingerprint --scenario")]
    [TestCase("doctor --agent-config")]
    public async Task InPlaceOfAFile_IsBadInputThatNamesIt(string command)
    {
        var paths = Put();
        if (command.EndsWith("agent-config", StringComparison.Ordinal))
        {
            // That may be a folder.
            paths.Remove("folder");
        }

        foreach (var (name, path) in paths)
        {
            var (code, output, errors) = await ShellLine.RunAsync($"$PLUGIN {command} {path}");

            Assert.That(code, Is.EqualTo(2), $"{name}: {output}{errors}");
            Assert.That(errors, Does.Contain(path), name);
        }
    }

    [TestCase("folder", "it is a folder")]
    [TestCase("socket", "it is a socket")]
    [TestCase("device", "it is a device")]
    [TestCase("endless link", "it is a device")]
    [TestCase("dangling link", "it is a link to \"/nowhere/file\", which cannot be reached")]
    [TestCase("link to itself", "it is a link to \"loop\", which cannot be reached")]
    [TestCase("huge", "it has more than 4194304 bytes")]
    [TestCase("none", "does not exist")]
    public async Task InPlaceOfAFile_SaysWhatItIs(string name, string what)
    {
        var (_, _, errors) = await ShellLine.RunAsync($"$PLUGIN config validate {Put()[name]}");

        Assert.That(errors, Does.StartWith("The configuration file cannot be read: ").And.Contains(what));
    }

    [Test]
    public async Task AgentConfig_FolderWithAPipe_IsBadInputThatNamesThePipe()
    {
        var pipe = Path.Combine(_folder, "agent", "a.hcl");
        Hostility.Pipe.Put(pipe);

        var (code, _, errors) = await ShellLine.RunAsync($"$PLUGIN health list --agent-config {_folder}/agent");

        Assert.That(code, Is.EqualTo(2));
        Assert.That(errors, Does.Contain($"\"{pipe}\": it is not a regular file"));
    }

    [TestCase("config validate", "TERM", 1)]
    [TestCase("config validate", "TERM", 5)]
    [TestCase("config validate", "INT", 1)]
    [TestCase("config validate", "INT", 5)]
    [TestCase("fingerprint --config", "TERM", 1)]
    [TestCase("uncordon 0 --agent-config", "TERM", 1)]
    [TestCase("host --config", "INT", 1)]
    public async Task PipeWithoutAWriter_ASignalEndsTheCommand(string command, string signal, int times)
    {
        var pipe = Path.Combine(_folder, "pipe");
        Hostility.Pipe.Put(pipe);

        using var process = Process.Start(ShellLine.StartOf($"exec env --default-signal={signal} $PLUGIN {command} {pipe}"))!;
        try
        {
            // The command's own handler, after which the signal does not end it by itself, is set before the pipe is opened.
            await Eventually.BecomesTrue(() => HasOpen(process.Id, pipe));
            // timeout(1), for one, sends its signal to the process and then to its group.
            using var kill = Process.Start("kill", [$"-{signal}", .. Enumerable.Repeat($"{process.Id}", times)]);
            await process.WaitForExitAsync().DefaultTimeout();

            Assert.That(process.ExitCode, Is.EqualTo(130).Or.EqualTo(143));
        }
        finally
        {
            process.Kill();
        }
    }

    [TestCase("$PLUGIN config validate <(echo '{\"backend\":\"fake\"}')")]
    [TestCase("echo '{\"backend\":\"fake\"}' | $PLUGIN config validate /dev/stdin")]
    [TestCase("$PLUGIN config validate /dev/stdin <<< '{\"backend\":\"fake\"}'")]
    [TestCase("mkfifo $0; echo '{}' > $0 & $PLUGIN config validate $0")]
    public async Task PipeOfTheShell_IsRead(string line)
    {
        var (code, output, errors) = await ShellLine.RunAsync(line.Replace("$0", $"{_folder}/own", StringComparison.Ordinal));

        Assert.That(code, Is.Zero, errors);
        Assert.That(output, Does.EndWith("is valid.\n"));
    }

    [Test]
    public async Task PipeWithoutAnEnd_IsBadInput()
    {
        var (code, _, errors) = await ShellLine.RunAsync("yes | $PLUGIN config validate /dev/stdin");

        Assert.That(code, Is.EqualTo(2));
        Assert.That(errors, Does.Contain("\"/dev/stdin\": it has more than 4194304 bytes"));
    }

    private static bool HasOpen(int process, string path) =>
        Directory.Exists($"/proc/{process}/fd")
        && new DirectoryInfo($"/proc/{process}/fd").GetFiles().Any(file => file.LinkTarget == path);

    private Dictionary<string, string> Put()
    {
        var paths = new Dictionary<string, string>
        {
            ["folder"] = Path.Combine(_folder, "folder"), ["socket"] = Path.Combine(_folder, "socket"),
            ["device"] = "/dev/zero", ["nothing"] = "/dev/null", ["endless link"] = Path.Combine(_folder, "endless"),
            ["dangling link"] = Path.Combine(_folder, "dangling"), ["link to itself"] = Path.Combine(_folder, "loop"),
            ["huge"] = Path.Combine(_folder, "huge"), ["none"] = Path.Combine(_folder, "none"),
        };
        Hostility.Folder.Put(paths["folder"]);
        Hostility.EndlessLink.Put(paths["endless link"]);
        Hostility.DanglingLink.Put(paths["dangling link"]);
        Hostility.LinkToItself.Put(paths["link to itself"]);
        Hostility.Huge.Put(paths["huge"]);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(_folder, "bound")));

        // .NET removes the name that it has bound.
        File.Move(Path.Combine(_folder, "bound"), paths["socket"]);
        return paths;
    }
}
