using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using DevicePlugin.Hardware.Nvml;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Cuda;

/// <summary>
/// Asks the CUDA driver in a short-lived child of this executable, once a driver load and again when GPUs came or came back.
/// Whatever happens to the child costs its facts and nothing else.
/// </summary>
internal sealed class CudaProbe(NvmlOptions options, ILogger logger, TimeProvider time)
{
    private const string LibraryName = "libcuda.so.1";
    private const string MagicCookie = "NOMAD_PLUGIN_MAGIC_COOKIE";

    // Nobody can create a file in procfs, so no daemon can listen there.
    private const string NoMps = "/proc/no-mps";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    // A GPU that comes and goes must not keep a child running on all other GPUs.
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private (int Loads, string? Version) _asked;
    private int _course;
    private long _began;
    private CudaFactTable? _known;
    private Task<CudaFactTable>? _facts;

    /// <summary>There may be something new: called when a child ended that nobody waited for.</summary>
    public event Action? Finished;

    /// <param name="driverLoads">Nothing that was asked under another load is kept.</param>
    /// <param name="driverVersion">Likewise.</param>
    /// <param name="course">
    /// Changes when GPUs came or were out of reach. CUDA is then asked again; the existing answers stay valid until the new
    /// ones are here, since they are keyed by UUID and others need not wait.
    /// </param>
    /// <param name="cancellationToken">Ends the wait for the first answer.</param>
    public async Task<CudaFactTable> ReadAsync(
        int driverLoads, string? driverVersion, int course, CancellationToken cancellationToken)
    {
        if (_facts is null || _asked != (driverLoads, driverVersion))
        {
            _asked = (driverLoads, driverVersion);
            _known = null;
            Begin(course);
        }
        else if (_facts.IsCompleted && course != _course && time.GetElapsedTime(_began) >= Pause)
        {
            Begin(course);
            _ = _facts!.ContinueWith(
                _ => Finished?.Invoke(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        if (_known is null || _facts!.IsCompleted)
        {
            var facts = await _facts!.WaitAsync(cancellationToken).ConfigureAwait(false);

            // A child that failed, or could not use CUDA because of one GPU, says nothing against what is known of the others.
            _known = facts.IsEmpty ? _known ?? facts : facts;
        }

        return _known;
    }

    private void Begin(int course)
    {
        _course = course;
        _began = time.GetTimestamp();
        _facts = ReadAsync();
    }

    private async Task<CudaFactTable> ReadAsync()
    {
        if (options.ProbeExecutable is not { } executable)
        {
            return CudaFactTable.Empty;
        }

        try
        {
            var report = await RunAsync(executable).ConfigureAwait(false);
            if (report.Error is null)
            {
                return new CudaFactTable(report.Devices ?? []);
            }

            logger.NoCudaFacts(report.Error);
        }
        catch (OperationCanceledException)
        {
            logger.NoCudaFacts($"the probe did not end within {Limit.TotalSeconds} s");
        }
        catch (Exception exception) when (exception is Win32Exception or IOException or JsonException)
        {
            logger.NoCudaFacts(exception.Message);
        }

        return CudaFactTable.Empty;
    }

    private async Task<CudaReport> RunAsync(string executable)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var child = Process.Start(StartInfo(executable))
            ?? throw new IOException($"'{executable}' could not be started");
        try
        {
            var errors = child.StandardError.ReadToEndAsync(limit.Token);
            var output = await child.StandardOutput.ReadToEndAsync(limit.Token).ConfigureAwait(false);
            await errors.ConfigureAwait(false);
            await child.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            if (child.ExitCode != 0)
            {
                return new CudaReport { Error = $"the probe ended with exit code {child.ExitCode}" };
            }

            return CudaJson.Read(output);
        }
        finally
        {
            Kill(child);
        }
    }

    private ProcessStartInfo StartInfo(string executable)
    {
        var start = new ProcessStartInfo(executable)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(CudaDriver.ProbeCommand);
        if (FindLibrary() is { } library)
        {
            start.ArgumentList.Add(library);
        }

        // NVML's order, every GPU, and no mistaking the child for a plugin that Nomad started.
        start.Environment["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID";
        start.Environment.Remove("CUDA_VISIBLE_DEVICES");
        start.Environment.Remove(MagicCookie);

        // The child must not ask an MPS daemon, whose server may be another user's for hours; nor is it to become a client.
        start.Environment["CUDA_MPS_PIPE_DIRECTORY"] = NoMps;
        start.Environment.Remove("CUDA_MPS_LOG_DIRECTORY");
        return start;
    }

    /// <summary>The driver's parts belong together: beside a configured NVML, or under the driver root.</summary>
    private string? FindLibrary()
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        var candidates = string.IsNullOrEmpty(options.LibraryPath)
            ? NvmlLibraryLocator.UnderDriverRoot(options.DriverRoot, LibraryName)
            : [Path.Combine(Path.GetDirectoryName(Path.GetFullPath(options.LibraryPath)) ?? "/", LibraryName)];
        return candidates.FirstOrDefault(File.Exists);
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
}
