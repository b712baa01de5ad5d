using System.Text.Json;
using System.Text.Json.Serialization;

namespace DevicePlugin.Hardware.Cuda;

[JsonSourceGenerationOptions(JsonSerializerDefaults.General,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CudaReport))]
internal sealed partial class CudaJson : JsonSerializerContext;
