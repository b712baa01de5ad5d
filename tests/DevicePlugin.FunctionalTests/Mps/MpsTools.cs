using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using DevicePlugin.Hardware.Mps;
using DevicePlugin.Hardware.Tools;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Mps;

/// <summary>
/// A driver root with stand-ins of <c>nvidia-cuda-mps-control</c> and <c>nvidia-smi</c>, and the folders of the plugin.
/// Ends whatever daemon still runs.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class MpsTools : IDisposable
{
    private static readonly Lazy<string> Compiled = new(Compile);

    private readonly RootFolder _folder = new();

    public MpsTools()
    {
        Directory.CreateDirectory(Binaries);
        File.Copy(Compiled.Value, Path.Combine(Binaries, MpsTool.Name));
        File.Copy(Path.Combine(Sources, "nvidia-smi"), Path.Combine(Binaries, "nvidia-smi"));
    }

    public string DriverRoot => _folder.Locate("root");

    public string StateDirectory => _folder.Locate("state");

    public string StateFile => Path.Combine(StateDirectory, "mps.json");

    /// <summary>What nvidia-smi was asked to do, a line each.</summary>
    public string[] ModeCalls => File.Exists(Path.Combine(Binaries, "calls"))
        ? File.ReadAllLines(Path.Combine(Binaries, "calls"))
        : [];

    private string Binaries => Path.Combine(DriverRoot, "usr", "bin");

    private static string Sources => Path.Combine(Repository.Root, "tests", "mps");

    public string PipeDirectory(int block) => Path.Combine(StateDirectory, "mps", $"{block}", "pipe");

    public string LogDirectory(int block) => Path.Combine(StateDirectory, "mps", $"{block}", "log");

    /// <summary>Tells the stand-in how to behave from now on: see its source.</summary>
    public void Behave(params string[] words) => File.WriteAllLines(Path.Combine(Binaries, "behaviour"), words);

    /// <summary>Starts another daemon, as an operator would.</summary>
    public void StartDaemon(int block)
    {
        var start = new ProcessStartInfo(Path.Combine(Binaries, MpsTool.Name), ["-d"])
        {
            Environment =
            {
                ["CUDA_MPS_PIPE_DIRECTORY"] = PipeDirectory(block), ["CUDA_MPS_LOG_DIRECTORY"] = LogDirectory(block),
            },
        };
        using var process = Process.Start(start)!;
        process.WaitForExit();
    }

    /// <summary>A process of another user, or of another program, that has all else of a block's daemon.</summary>
    public Process StartImpostor(int block, bool isOtherUser)
    {
        // What the shell calls the program is its first argument, which anybody may choose.
        var line = $"exec -a {MpsTool.Name} tail -f /dev/null";
        if (isOtherUser)
        {
            var folder = Directory.CreateDirectory(_folder.Locate("impostor")).FullName;
            var program = Path.Combine(folder, MpsTool.Name);
            File.Copy(Compiled.Value, program);
            File.WriteAllText(Path.Combine(folder, "behaviour"), "stay\n");
            line = $"exec setpriv --reuid 65534 --regid 65534 --clear-groups {program} -d";
        }

        var start = new ProcessStartInfo("bash", ["-c", line])
        {
            Environment = { ["CUDA_MPS_PIPE_DIRECTORY"] = PipeDirectory(block) },
        };
        return Process.Start(start)!;
    }

    public void FailModes(bool fails)
    {
        if (fails)
        {
            File.WriteAllText(Path.Combine(Binaries, "smi-fails"), "");
        }
        else
        {
            File.Delete(Path.Combine(Binaries, "smi-fails"));
        }
    }

    /// <summary>Modes that nvidia-smi sets are those of the mocked node from now on.</summary>
    public void PlayScenario(string path) => File.WriteAllText(Path.Combine(Binaries, "scenario"), path);

    public void Add(string tool) => File.Copy("/bin/true", Path.Combine(Binaries, tool));

    /// <summary>From now on others than root may replace the program.</summary>
    public void Expose(string tool) => File.SetUnixFileMode(
        Path.Combine(Binaries, tool), File.GetUnixFileMode(Path.Combine(Binaries, tool)) | UnixFileMode.GroupWrite);

    public void Remove(string tool) => File.Delete(Path.Combine(Binaries, tool));

    /// <summary>Process id of the daemon of a block; null when none runs.</summary>
    public int? Daemon(int block) => MpsProcesses.Find(PipeDirectory(block))?.Id;

    /// <summary>How often the daemon of a block was asked anything.</summary>
    public int CountQuestions(int block) => File.ReadAllText(Path.Combine(LogDirectory(block), "control.log"))
        .Split("Cmd:").Length - 1;

    public async Task<string> AskAsync(int block, string command)
    {
        var start = new ProcessStartInfo(Path.Combine(Binaries, MpsTool.Name))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["CUDA_MPS_PIPE_DIRECTORY"] = PipeDirectory(block) },
        };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteLineAsync(command);
        process.StandardInput.Close();
        var answer = await process.StandardOutput.ReadToEndAsync().DefaultTimeout();
        await process.WaitForExitAsync().DefaultTimeout();
        return answer.Trim();
    }

    /// <summary>What a process has open, as the kernel names it.</summary>
    public static IReadOnlyList<string?> OpenFilesOf(int process) =>
        [.. new DirectoryInfo($"/proc/{process}/fd").EnumerateFiles().Select(file => file.LinkTarget)];

    public static void Kill(int process)
    {
        using var running = Process.GetProcessById(process);
        running.Kill();
    }

    public void Dispose()
    {
        foreach (var id in ProcessIdentity.All())
        {
            // The folder is this node's own: so is every daemon that has it in its environment.
            if (ProcessIdentity.ReadStrings(id, "cmdline") is [var command, "-d", ..]
                && command.StartsWith(_folder.Locate(""), StringComparison.Ordinal))
            {
                ProcessIdentity.Of(id)?.Kill();
            }
        }

        _folder.Dispose();
    }

    private static string Compile()
    {
        Prerequisite.Require(OperatingSystem.IsLinux(), "Linux", "MPS exists nowhere else");
        var compiler = Prerequisite.Command("cc", "gcc libc6-dev");
        var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "mps"));
        var program = Path.Combine(
            folder.FullName, string.Create(CultureInfo.InvariantCulture, $"control-{Environment.ProcessId}"));
        using var process = Process.Start(
            compiler,
            ["-O1", "-Wall", "-Wextra", "-Werror", "-o", program, Path.Combine(Sources, "nvidia-cuda-mps-control.c")]);
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, "the stand-in of the MPS daemon does not compile");
        return program;
    }
}
