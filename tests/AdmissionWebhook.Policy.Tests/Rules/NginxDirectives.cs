using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

namespace AdmissionWebhook.Policy.Tests.Rules;

/// <summary>The directives that ingress-nginx makes of annotations and paths, as far as a plain nginx has them.</summary>
/// <param name="Http">In the block http.</param>
/// <param name="Server">In the block server.</param>
/// <param name="Location">In the location of the backend.</param>
internal sealed record NginxDirectives(string Http, string Server, string Location)
{
    private static readonly string[] Buffers = ["proxy-buffer-size", "proxy-buffers-number", "proxy-busy-buffers-size", "proxy-max-temp-file-size"];

    private static readonly string[] Redirects = ["proxy-redirect-from", "proxy-redirect-to", "backend-protocol"];

    /// <summary>Variables of the template that ingress-nginx sets by modules that a plain nginx does not have, or elsewhere.</summary>
    private static readonly string[] Variables = ["namespace", "pass_access_scheme", "best_http_host", "escaped_request_uri", "cors", "subdomain"];

    /// <summary>The annotations of an Ingress that a plain nginx can judge; those that must be judged together in one list.</summary>
    public static IEnumerable<List<(string Name, string Value)>> Together(Ingress ingress)
    {
        var annotations = ingress.Metadata.Annotations.Entries
            .Where(entry => entry.Value.Length > 0)
            .Select(entry => NginxAnnotation.Of(entry.Key, entry.Value, NginxAnnotation.DefaultPrefix))
            .Where(annotation => annotation.Known is { } known && known.Value.Accepts(annotation.Value) && known.Written?.Accepts(annotation.Value) is not false && !IsOrphan(known, ingress))
            .Select(annotation => (annotation.Name, annotation.Value.Trim()))
            .ToList();
        return annotations.GroupBy(annotation => Buffers.Contains(annotation.Name) ? "buffers" : Redirects.Contains(annotation.Name) ? "redirects" : annotation.Name).Select(group => group.ToList());
    }

    /// <summary>The directives of annotations, with the paths as locations.</summary>
    public static NginxDirectives Of(List<(string Name, string Value)> annotations, IEnumerable<string> paths, string snippets = "")
    {
        var values = annotations.ToDictionary();
        var locations = paths.Select((path, i) => $"location ~* \"^{Quote(path)}\" {{ return 20{i % 10}; }}\n");
        var rewrites = values.TryGetValue("rewrite-target", out var target) ? paths.DefaultIfEmpty("/").Select(path => $"rewrite \"(?i){Quote(path)}\" {target} break;\n") : [];
        return new(
            "limit_conn_zone $binary_remote_addr zone=c:1m; limit_req_zone $binary_remote_addr zone=r:1m rate=1r/s;\n",
            string.Concat(Variables.Select(name => $"set ${name} \"\";\n")) + snippets + "\n" + string.Concat(locations) + string.Concat(annotations.Select(InServer)),
            string.Concat(rewrites) + OfBuffers(values) + OfRedirects(values) + string.Concat(annotations.Select(InLocation)));
    }

    /// <summary>A whole configuration that listens nowhere else than on the loopback interface.</summary>
    public string Write(string folder, string certificate) => $$"""
        pid {{folder}}/pid; error_log stderr; events {}
        http {
          access_log off; client_body_temp_path {{folder}}; proxy_temp_path {{folder}}; fastcgi_temp_path {{folder}}; uwsgi_temp_path {{folder}}; scgi_temp_path {{folder}};
          {{Http}}
          upstream upstream_balancer { server 127.0.0.1:1; }
          server { listen 127.0.0.1:65001 ssl; server_name other.test; ssl_certificate {{certificate}}; ssl_certificate_key {{certificate}}; }
          server {
            listen 127.0.0.1:65001 ssl; server_name first.test; ssl_certificate {{certificate}}; ssl_certificate_key {{certificate}};
            {{Server}}
            location = /backend { {{(Location.Contains("_pass ", StringComparison.Ordinal) ? "" : "proxy_pass http://upstream_balancer;")}}
            {{Location}}
            }
          }
        }
        """;

    private static bool IsOrphan(Policy.Controllers.Annotation known, Ingress ingress) => known.Needs.Any(alternatives => !alternatives.Any(name => ingress.Metadata.Annotations[$"{NginxAnnotation.DefaultPrefix}/{name}"] is { Length: > 0 }));

    private static string InServer((string Name, string Value) annotation) => annotation.Name switch
    {
        "app-root" => $"if ($uri = /) {{ return 302 $scheme://$http_host{annotation.Value}; }}\n",
        "auth-url" => $"location = /_auth {{ set $target \"{annotation.Value}\"; proxy_pass $target; }}\n",
        "auth-cache-key" => $"location = /_key {{ set $tmp_cache_key '{annotation.Value}'; }}\n",
        "auth-signin" => $"location @signin {{ return 302 {annotation.Value}; }}\n",
        "auth-tls-verify-depth" => $"ssl_verify_depth {annotation.Value};\n",
        "mirror-target" => $"location = /_mirror {{ proxy_pass \"{annotation.Value.Replace("copy.example.com", "127.0.0.1", StringComparison.Ordinal)}\"; }}\n",
        "server-alias" => $"server_name second.test {string.Join(' ', annotation.Value.Split(',').Select(name => $"\"{Quote(name.Trim())}\""))};\n",
        "ssl-ciphers" => $"ssl_ciphers {annotation.Value};\n",
        _ => "",
    };

    private static string InLocation((string Name, string Value) annotation) => annotation.Name switch
    {
        "connection-proxy-header" => $"proxy_set_header Connection {annotation.Value};\n",
        "custom-http-errors" => string.Concat(annotation.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(code => $"error_page {code} = @custom;\n")),
        "client-body-buffer-size" or "proxy-cookie-domain" or "proxy-cookie-path" or "proxy-next-upstream" or "proxy-next-upstream-timeout" or "proxy-next-upstream-tries"
            or "proxy-ssl-name" or "proxy-ssl-protocols" or "proxy-ssl-verify-depth" => $"{annotation.Name.Replace('-', '_')} {annotation.Value};\n",
        "limit-burst-multiplier" => $"limit_req zone=r burst={10 * int.Parse(annotation.Value, System.Globalization.CultureInfo.InvariantCulture)} nodelay;\n",
        "limit-connections" => $"limit_conn c {annotation.Value};\n",
        "mirror-host" or "upstream-vhost" => $"proxy_set_header Host \"{annotation.Value}\";\n",
        "proxy-body-size" => $"client_max_body_size {annotation.Value};\n",
        "proxy-connect-timeout" or "proxy-read-timeout" or "proxy-send-timeout" => $"{annotation.Name.Replace('-', '_')} {annotation.Value.TrimStart('+')}s;\n",
        "proxy-ssl-ciphers" => $"proxy_pass https://upstream_balancer; proxy_ssl_ciphers {annotation.Value};\n",
        "x-forwarded-prefix" => $"proxy_set_header X-Forwarded-Prefix \"{annotation.Value}\";\n",
        _ => "",
    };

    private static string OfBuffers(Dictionary<string, string> values)
    {
        if (!Buffers.Any(values.ContainsKey))
            return "";

        var size = values.GetValueOrDefault("proxy-buffer-size", "4k");
        return $"proxy_buffer_size {size}; proxy_buffers {values.GetValueOrDefault("proxy-buffers-number", "4")} {size};\n"
            + (values.TryGetValue("proxy-busy-buffers-size", out var busy) ? $"proxy_busy_buffers_size {busy};\n" : "")
            + $"proxy_max_temp_file_size {values.GetValueOrDefault("proxy-max-temp-file-size", "1024m")};\n";
    }

    private static string OfRedirects(Dictionary<string, string> values)
    {
        var (from, to) = (values.GetValueOrDefault("proxy-redirect-from"), values.GetValueOrDefault("proxy-redirect-to", "off"));
        var pass = values.GetValueOrDefault("backend-protocol", "HTTP").ToUpperInvariant() switch
        {
            "GRPC" => "grpc_pass grpc://upstream_balancer;",
            "AUTO_HTTP" => "proxy_pass $scheme://upstream_balancer;",
            "FCGI" => "fastcgi_pass upstream_balancer;",
            _ => "proxy_pass http://upstream_balancer;",
        };
        return from is null ? "" : $"{pass}\n" + (from is "default" or "off" ? $"proxy_redirect {from};\n" : to != "off" ? $"proxy_redirect {from} {to};\n" : "");
    }

    /// <summary>As ingress-nginx quotes a path.</summary>
    private static string Quote(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}
