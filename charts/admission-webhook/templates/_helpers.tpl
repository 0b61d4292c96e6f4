{{- define "admission-webhook.labels" -}}
app.kubernetes.io/name: admission-webhook
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "admission-webhook.selector" -}}
app.kubernetes.io/name: admission-webhook
{{- end }}

{{- define "admission-webhook.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* A setting as text: Helm reads numbers as floats, and writes those of many digits with an exponent. */}}
{{- define "admission-webhook.setting" -}}
{{- if kindIs "float64" . }}{{ int64 . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{/* JSON. The first two are excluded whatever the values say: while they wait for the webhook, a cluster cannot start again. */}}
{{- define "admission-webhook.excludedNamespaces" -}}
{{ concat (list "kube-system" .Release.Namespace) (default list .Values.webhook.excludedNamespaces) | uniq | toJson }}
{{- end }}

{{/* Where the serving certificate is: written by the replicas, by cert-manager or by the user. */}}
{{- define "admission-webhook.certificateSecret" -}}
{{- if eq .Values.certificate.source "Secret" }}{{ required "certificate.secret.name names the Secret with tls.crt and tls.key" .Values.certificate.secret.name }}
{{- else if eq .Values.certificate.source "CertManager" }}admission-webhook-tls
{{- else }}admission-webhook
{{- end }}
{{- end }}

{{- define "admission-webhook.caAnnotations" -}}
{{- if eq .Values.certificate.source "CertManager" }}
  annotations:
    cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/admission-webhook
{{- end }}
{{- end }}

{{/* What a Service has that leads into the cluster or out of it, or is too large to be let in unjudged. */}}
{{- define "admission-webhook.opens" -}}
(has(object.metadata.annotations) && object.metadata.annotations.exists(key, key.matches('(^|/)(config-backend(-early|-late)?|config-tcp-service|route-acl|[^/]+-snippets?)$|^tailscale[.]com/expose$'))) || (has(object.spec) && ( (has(object.spec.type) && object.spec.type != 'ClusterIP') || (has(object.spec.externalName) && object.spec.externalName != '') || (has(object.spec.externalIPs) && size(object.spec.externalIPs) > 0) || (has(object.spec.healthCheckNodePort) && object.spec.healthCheckNodePort != 0) || (has(object.spec.selector) && size(object.spec.selector) > 20) || (has(object.spec.ports) && (size(object.spec.ports) > 250 || object.spec.ports.exists(port, has(port.nodePort) && port.nodePort != 0)))))
{{- end }}

{{/* What every entry of a webhook configuration has: (dict "root" $ "path" "/validate" "failurePolicy" "Fail"), and where it differs "sideEffects" and "condition", a name and an expression. */}}
{{- define "admission-webhook.entry" -}}
admissionReviewVersions: [v1]
sideEffects: {{ .sideEffects | default "None" }}
timeoutSeconds: {{ .root.Values.webhook.timeoutSeconds }}
matchPolicy: Equivalent
failurePolicy: {{ .failurePolicy }}
clientConfig:
  service: {namespace: {{ .root.Release.Namespace }}, name: admission-webhook, path: {{ .path }}, port: 443}
  {{- if eq .root.Values.certificate.source "Secret" }}
  caBundle: {{ required "certificate.secret.caBundle says who vouches for the certificate" .root.Values.certificate.secret.caBundle | b64enc }}
  {{- end }}
namespaceSelector:
  matchExpressions:
    - key: kubernetes.io/metadata.name
      operator: NotIn
      values: {{ include "admission-webhook.excludedNamespaces" .root }}
{{- if or .root.Values.webhook.breakGlassGroups .condition }}
matchConditions:
{{- end }}
{{- with .root.Values.webhook.breakGlassGroups }}
  - name: not-break-glass
    expression: "!has(request.userInfo.groups) || !request.userInfo.groups.exists(group, group in [{{ range $index, $group := . }}{{ if $index }}, {{ end }}'{{ $group }}'{{ end }}])"
{{- end }}
{{- with .condition }}
  - name: {{ .name }}
    expression: {{ .expression | quote }}
{{- end }}
{{- end }}
