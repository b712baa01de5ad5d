using System.Globalization;

namespace DevicePlugin.Hardware.Scenarios;

/// <summary>Which GPUs an entry means: one by position or UUID, or all (both null).</summary>
internal sealed record GpuSelector(int? Position, string? Uuid)
{
    public static readonly GpuSelector All = new(null, null);

    private const string AllWord = "all";

    public bool IsAll => this == All;

    public static GpuSelector FromText(string text) => text == AllWord ? All : new GpuSelector(null, text);

    public bool Selects(int position, string uuid) =>
        Position is { } wanted ? wanted == position : Uuid is null || Uuid == uuid;

    public override string ToString() => Position?.ToString(CultureInfo.InvariantCulture) ?? Uuid ?? AllWord;
}
