using System.Collections.Immutable;

namespace DevicePlugin.Metrics;

/// <summary>A metric as Prometheus and people are told about it.</summary>
/// <param name="Name">Users' dashboards and alerts rely on it.</param>
/// <param name="Kind">Its type in Prometheus.</param>
/// <param name="Help">One sentence, with the unit.</param>
/// <param name="Labels">What tells its series apart.</param>
internal sealed record MetricDefinition(string Name, MetricKind Kind, string Help, ImmutableArray<string> Labels);
