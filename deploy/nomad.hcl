# Many people under Nomad: a group of one process for each.
#   nomad var put nomad/jobs/tconnectsync/anna TCONNECT_EMAIL=... TCONNECT_PASSWORD=... NS_URL=... NS_SECRET=... \
#     TIMEZONE_NAME=... TCONNECTSYNC_HEROKU_SECRET=...
#   nomad job run -var 'people=["anna", "ben"]' deploy/nomad.hcl
# The image is the repository's own Dockerfile, built and pushed to a registry of yours.

variable "people" {
  type    = list(string)
  default = ["anna"]
}

variable "image" {
  type    = string
  default = "registry.example.org/tconnectsync-heroku:1.1.0"
}

job "tconnectsync" {
  type = "service"

  dynamic "group" {
    for_each = var.people
    labels   = [group.value]

    content {
      count = 1 # never more: two writers do no harm, but ask Tandem twice

      network {
        port "http" {
          to = 5000
        }
      }

      service {
        name     = "tconnectsync-${group.value}"
        port     = "http"
        provider = "nomad"

        # Not /readyz: with a setting missing, the page must stay in reach to say which.
        check {
          type     = "http"
          path     = "/livez"
          interval = "30s"
          timeout  = "5s"

          check_restart {
            limit = 3
            grace = "30s"
          }
        }
      }

      restart {
        attempts = 3
        interval = "10m"
        delay    = "15s"
        mode     = "delay"
      }

      task "tconnectsync" {
        driver       = "docker"
        user         = "10001:10001"
        kill_timeout = "30s" # it ends its writes within 25

        config {
          image           = var.image
          ports           = ["http"]
          readonly_rootfs = true
          cap_drop        = ["all"]
          security_opt    = ["no-new-privileges"]
        }

        env {
          PORT                              = "5000"
          TCONNECT_REGION                   = "US"
          TCONNECTSYNC_HEROKU_INTERVAL_MINS = "15"
          TCONNECTSYNC_HEROKU_FEATURES      = "BASAL,BOLUS,PUMP_EVENTS,PROFILES"
          # A file system in memory that every task has; the token of Tandem survives a restart there.
          CACHE_CREDENTIALS_PATH = "/secrets/cache/credentials.json"
        }

        template {
          destination = "secrets/settings.env"
          env         = true
          data        = <<-EOT
            {{ with nomadVar "nomad/jobs/tconnectsync/${group.value}" }}
            TCONNECT_EMAIL={{ .TCONNECT_EMAIL | toJSON }}
            TCONNECT_PASSWORD={{ .TCONNECT_PASSWORD | toJSON }}
            NS_URL={{ .NS_URL | toJSON }}
            NS_SECRET={{ .NS_SECRET | toJSON }}
            TIMEZONE_NAME={{ .TIMEZONE_NAME | toJSON }}
            TCONNECTSYNC_HEROKU_SECRET={{ .TCONNECTSYNC_HEROKU_SECRET | toJSON }}
            {{ end }}
          EOT
        }

        resources {
          cpu        = 10 # MHz
          memory     = 16 # MB
          memory_max = 64
        }
      }
    }
  }
}
