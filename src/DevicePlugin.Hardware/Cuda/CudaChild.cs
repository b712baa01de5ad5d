using System.Collections;
using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using DevicePlugin.Hardware.Tools;

namespace DevicePlugin.Hardware.Cuda;

/// <summary>
/// The process that loads the CUDA driver: this executable, with none of our descriptors and only those variables that
/// CUDA and the runtime need. It runs closed code of the driver, and what Nomad gave its plugin is not meant for that.
/// </summary>
internal static partial class CudaChild
{
    // sys/prctl.h and signal.h.
    private const int SignalAtParentsEnd = 1;
    private const int KillSignal = 9;

    // Of 64 GPUs; what is longer is cut and then not valid.
    private const int MostBytes = 1 << 20;

    // Nobody can create a file in procfs, so no daemon can listen there. The child must not ask an MPS daemon, whose
    // server may be another user's for hours; nor is it to become a client.
    private const string NoMps = "/proc/no-mps";

    // Where the libraries are; the runtime of a build that does not contain it; what Windows itself needs.
    private static readonly ImmutableArray<string> Needed =
        ["LD_LIBRARY_PATH", "DOTNET_ROOT", "SystemRoot", "windir", "ProgramData", "TEMP", "TMP"];

    private const string ParentVariable = "NOMAD_DEVICE_GPU_PARENT";

    private const string MockPrefix = "HWMOCKS_";

    /// <summary>Whether a child that could not be killed is still running.</summary>
    public static bool IsRunning(int id) => OperatingSystem.IsLinux() && DetachedProcess.IsRunning(id);

    /// <summary>
    /// Call first in the child: if the plugin is killed, nothing else would end a child that hangs in the driver. The kernel sends the
    /// signal when the thread that started the child ends; a pool thread lives longer than the child is allowed to run.
    /// </summary>
    /// <returns>False if the plugin is gone already.</returns>
    public static bool EndWithParent()
    {
        if (!OperatingSystem.IsLinux() || !int.TryParse(Environment.GetEnvironmentVariable(ParentVariable), out var parent))
        {
            return true;
        }

        _ = SetOption(SignalAtParentsEnd, KillSignal, 0, 0, 0);
        return ParentId() == parent;
    }

    public static Task<ToolResult> RunAsync(
        string executable, string[] arguments, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken) =>
        OperatingSystem.IsLinux()
            ? ToolRunner.RunAsync(
                TrustedProgram.Own(executable, CreateEnvironment()), arguments, "", limit, time, cancellationToken, MostBytes,
                keepsErrors: false)
            : RunElsewhereAsync(executable, arguments, limit, time, cancellationToken);

    // NVML's order, and every GPU: without CUDA_VISIBLE_DEVICES.
    private static ImmutableDictionary<string, string> CreateEnvironment() => Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .Select(variable => (Name: (string)variable.Key, Value: (string?)variable.Value ?? ""))
        .Where(variable => Needed.Contains(variable.Name) || variable.Name.StartsWith(MockPrefix, StringComparison.Ordinal))
        .ToImmutableDictionary(variable => variable.Name, variable => variable.Value)
        .Add(ParentVariable, Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
        .Add("LC_ALL", "C")
        .Add("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
        .Add("CUDA_MPS_PIPE_DIRECTORY", NoMps);

    /// <summary>There .NET's own way inherits nothing that was not meant to be inherited.</summary>
    private static async Task<ToolResult> RunElsewhereAsync(
        string executable, string[] arguments, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        using var end = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        try
        {
            using var child = Process.Start(StartInfo(executable, arguments))
                ?? throw new IOException($"'{executable}' could not be started");
            try
            {
                var errors = child.StandardError.ReadToEndAsync(either.Token);
                var output = await child.StandardOutput.ReadToEndAsync(either.Token).ConfigureAwait(false);
                await errors.ConfigureAwait(false);
                await child.WaitForExitAsync(either.Token).ConfigureAwait(false);
                return new ToolResult(child.ExitCode, output.Trim());
            }
            finally
            {
                Kill(child);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ToolResult(null, $"it did not end within {limit.TotalSeconds} s") { IsHung = true };
        }
        catch (Exception exception) when (exception is Win32Exception or IOException)
        {
            return new ToolResult(null, exception.Message);
        }
    }

    private static ProcessStartInfo StartInfo(string executable, string[] arguments)
    {
        var start = new ProcessStartInfo(executable, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in CreateEnvironment())
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static void Kill(Process child)
    {
        try
        {
            child.Kill();
        }
        catch (InvalidOperationException)
        {
            // It ended by itself.
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int SetOption(int option, nuint value, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int ParentId();
}
