using DevicePlugin.Hosting;

namespace DevicePlugin.Doctor;

/// <summary>Keeps what the host's tour of this program brings.</summary>
internal sealed class RoundTripRecorder : IHostReport
{
    private readonly List<string> _steps = [];

    public IReadOnlyList<string> Steps => _steps;

    public string? Error { get; private set; }

    public StatsResult? Sample { get; private set; }

    public void Succeeded(string step, TimeSpan elapsed, HostStepResult result)
    {
        _steps.Add(step);
        Sample = result as StatsResult ?? Sample;
    }

    public void Failed(string step, TimeSpan elapsed, string error) => Error ??= $"{step}: {error}";
}
