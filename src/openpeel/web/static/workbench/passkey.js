// Says in words what the browser only throws: no passkey was found, or the person stopped it.
document.addEventListener('allauth.error', (event) => {
  event.preventDefault()
  let told = document.getElementById('passkey_wrong')
  if (!told) {
    told = document.createElement('p')
    told.id = 'passkey_wrong'
    told.className = 'error'
    told.setAttribute('role', 'alert')
    document.getElementById('main').append(told)
  }
  told.textContent = 'The passkey did not work: none was found for this site, or it was stopped. Try it again, or use another way.'
})
