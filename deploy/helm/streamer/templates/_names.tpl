{{- define "streamer.name" -}}
{{ .Release.Name }}
{{- end }}

{{- define "streamer.labels" -}}
app.kubernetes.io/name: streamer
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "streamer.origin" -}}
app.kubernetes.io/name: streamer
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: origin
{{- end }}

{{- define "streamer.edge" -}}
app.kubernetes.io/name: streamer
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: edge
{{- end }}

{{- define "streamer.vcl" -}}
{{- $a := printf "\"127.0.0.1\";\n  .port = \"8080\"" }}
{{- $b := printf "\"127.0.0.1\";\n  .port = \"8081\"" }}
{{- $toA := printf "\"%s-0\";\n  .port = \"8080\"" .Release.Name }}
{{- $toB := printf "\"%s-1\";\n  .port = \"8080\"" .Release.Name }}
{{- .Files.Get "edge/two-origins.vcl" | replace $a $toA | replace $b $toB }}
{{- end }}

{{- define "streamer.nginx" -}}
{{- $first := printf "%s-0:8080" .Release.Name }}
{{- $backup := printf "server %s-1:8080 backup;" .Release.Name }}
{{- .Files.Get "edge/terminator.conf" | replace "127.0.0.1:8080" $first | replace "# server 127.0.0.1:8081 backup;" $backup | replace "cert.pem" "tls.crt" | replace "key.pem" "tls.key" | replace "/etc/streamer/edge/" "/etc/streamer/tls/" | replace "/run/streamer-edge.pid" "/tmp/nginx.pid" | replace "/var/log/nginx/streamer-edge.log" "stderr" }}
{{- end }}
