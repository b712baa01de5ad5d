using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using DevicePlugin.Hardware.Nvml;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Cuda;

/// <summary>
/// Asks the CUDA driver in a short-lived child of this executable, once a driver load. Whatever happens to the child
/// costs its facts and nothing else.
/// </summary>
internal sealed class CudaProbe(NvmlOptions options, ILogger logger, TimeProvider time)
{
    private const string LibraryName = "libcuda.so.1";
    private const string MagicCookie = "NOMAD_PLUGIN_MAGIC_COOKIE";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private (int Loads, string? Version) _asked;
    private Task<CudaFactTable>? _facts;

    public Task<CudaFactTable> ReadAsync(int driverLoads, string? driverVersion, CancellationToken cancellationToken)
    {
        if (_facts is null || _asked != (driverLoads, driverVersion))
        {
            _asked = (driverLoads, driverVersion);
            _facts = ReadAsync();
        }

        return _facts.WaitAsync(cancellationToken);
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
